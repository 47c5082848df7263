/** Names that are programs, formulas, endless, or written to mislead: everywhere text, and nothing else. */

import { expect, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { child, families, family, openRound } from "../../support/commune.ts";
import { Desk } from "../../support/console.ts";
import { crawl, type Given } from "../../support/crawl.ts";
import { rowsOf } from "../../support/figures.ts";
import { readExport } from "../../support/programs.ts";

test.describe.configure({ mode: "serial" });

const SCRIPT = `<script>alert('ten')</script><img src=x onerror=alert(1)>"'>{{7*7}}`;
const FORMULAS = [`=HYPERLINK("http://xau.example","xem")`, `+cmd|' /C calc'!A0`, `@SUM(1+1)`, `-2+3`, `\t=1+1`];
const BACKWARDS = "An\u202Egpj.exe\u202D";
/** As long as a text of a record may be: 8,000 bytes, and each of these letters has three. */
const ENDLESS = "Ế".repeat(2_600);
/** Longer: refused where it is typed. */
const TOO_LONG = "Ế".repeat(10_000);

let desk: Desk;
test.beforeAll(async () => {
  desk = await Desk.open();
  const { office } = desk;
  openRound(office);
  const one = new Collector(office, "<b onclick=alert(2)>Máy</b> =1+1", "01", "02");
  const names = [SCRIPT, ...FORMULAS, BACKWARDS, ENDLESS];
  one.visit(
    ...families("01", 2),
    ...names.map((name, at) =>
      family("01", 10 + at, name, [child(name, `2020-01-1${at}`, { birth_registration: "no" })], {
        household: { number: String(10 + at), head_name: name, address: name, hamlet: name, phone: name, note: name, poverty_status: "poor", poverty_basis: name },
        circumstances: [{ person: "c1", code: "II.4.1", start: "2022", note: name }],
      }),
    ),
    // The same child again: hostile names among the candidate pairs.
    family("02", 1, SCRIPT, [child(SCRIPT, "2020-01-10")]),
  );
  one.sync();
  const other = new Collector(office, "Máy khác", "01");
  for (const [collector, phone] of [[one, SCRIPT], [other, FORMULAS[0]]] as const) {
    collector.visit({ household: "01/1", entry: { household: { address: phone } } });
  }
  one.sync();
  other.sync();
});
test.afterAll(() => desk.end());

let files: Given[] = [];

test("on every page a hostile name is text: nothing runs, nothing is refused by the page's policy", async () => {
  const page = await desk.officer("canbo", SCRIPT.slice(0, 50), "officer", "keeper");
  let shown = 0;
  files = await crawl(page, ["/office"], async () => {
    const body = await page.locator("main").innerText();
    if (body.includes("alert('ten')")) shown += 1;
    // No text of a record can turn the line it stands in around.
    expect(body).not.toContain("\u202E");
    expect(await page.locator("main img, main script, main [onclick], main [onerror]").count()).toBe(0);
  });
  expect(desk.dialogs).toEqual([]);
  expect(desk.errors).toEqual([]);
  // The name is on pages; the test looked where it is.
  expect(shown).toBeGreaterThan(4);
});

test("searching for a hostile or endless text finds it or nothing, and the address stays clean", async () => {
  const page = await desk.officer("canbohai", "Cán bộ Giả Lập");
  for (const text of [SCRIPT, FORMULAS[0]!, BACKWARDS, "x".repeat(10_000), "' OR 1=1 --", "%_\\"]) {
    await page.goto("/office/register");
    await page.getByRole("searchbox").fill(text);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(page.url()).toMatch(/\/office\/register\?[\w=&]*s=\d+/);
  }
  expect(desk.dialogs).toEqual([]);
});

test("10,000 letters are refused beside their field, and are all still there", async () => {
  const page = await desk.officer("canboba", "Cán bộ Thứ Ba");
  const before = desk.office.register().map(({ household }) => household["head_name"]);
  const household = desk.office.register().find(({ household }) => household["number"] === "1" && household["head_name"]);
  await page.goto(`/office/decide/field?document=${household?.document}&container=household&entity=&field=head_name`);
  // The field itself takes no more than it should; what sends more all the same is refused by the office.
  await page.getByLabel("Giá trị đúng").evaluate((field) => field.removeAttribute("maxlength"));
  await page.getByLabel("Giá trị đúng").fill(TOO_LONG);
  await page.getByLabel(/Đã hỏi lại gia đình/).check();
  await page.getByRole("button", { name: "Ghi", exact: true }).click();
  await expect(page.locator(".field-error").first()).toBeVisible();
  await expect(page.getByLabel("Giá trị đúng")).toHaveValue(TOO_LONG);
  expect(desk.office.register().map(({ household }) => household["head_name"])).toEqual(before);
});

test("in every file a hostile name is text: no formula, no broken row", () => {
  expect(files.map(({ name }) => name.split(".").pop())).toEqual(expect.arrayContaining(["csv", "xlsx"]));
  let named = 0;
  for (const { name, bytes, address } of files) {
    if (name.endsWith(".csv")) {
      // No name begins a row or a cell of its own: every row is as long as its table's heading.
      const rows = rowsOf(bytes.toString("utf8").replace(/^\uFEFF/, ""));
      const [heading] = rows;
      expect(rows.filter((row) => row.length !== heading?.length), address).toEqual([]);
      named += rows.filter((row) => row.join().includes("alert('ten')")).length;
      // After a separator or a quote, no cell begins as a spreadsheet's formula.
      expect(bytes.toString("utf8"), address).not.toMatch(/(^|[,;\n])"?[=+@\t](?!\d)/m);
    }
    if (name.endsWith(".xlsx")) {
      const { formulas } = readExport(bytes);
      const all = Object.values(formulas ?? {}).flat().join("\n");
      expect(all, address).not.toMatch(/HYPERLINK|cmd|alert/);
    }
  }
  expect(named, "the names are in the files").toBeGreaterThan(0);
});
