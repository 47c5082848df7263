/** Every export is opened by another program, and its figures are those on the screen. */

import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { child, families, family, TODAY } from "../../support/commune.ts";
import { Desk } from "../../support/console.ts";
import { readExport, readPdf } from "../../support/programs.ts";

test.describe.configure({ mode: "serial" });

let desk: Desk;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.open();
  const one = new Collector(desk.office, "Máy thôn Một", "01", "02");
  one.visit(
    ...families("01", 12),
    ...families("02", 7),
    family("01", 20, "Lương Văn Chủ (giả lập)", [child("Lương Thị Khuyết (giả lập)", "2018-02-03")], {
      circumstances: [{ person: "c1", code: "II.4.1", start: "2022" }],
    }),
  );
  one.sync();
  page = await desk.officer("canbo", "Cán bộ Giả Lập");
});
test.afterAll(() => desk.end());

async function file(address: string): Promise<Buffer> {
  const answer = await page.request.get(address);
  expect(answer.status(), address).toBe(200);
  expect(answer.headers()["content-disposition"], address).toMatch(/^attachment; filename="[\w.-]+"$/);
  return await answer.body();
}

/** Number, label and first column of every line on the screen that has a number in it. */
async function onScreen(): Promise<[string, string][]> {
  await page.goto(`/office/forms/03-TE?as_of=${TODAY}`);
  const lines = await page.locator("table.form-sheet tbody tr").evaluateAll((rows) =>
    rows.map((row): [string, string] => [
      (row.querySelector("th")?.textContent ?? "").replace(/^[-+]\s*/, "").trim(),
      (row.querySelectorAll("td")[1]?.textContent ?? "").trim(),
    ]),
  );
  return lines.filter(([, number]) => /\d/.test(number));
}

/** The text with one space wherever there is any. */
function plain(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, " ");
}

test("the form as workbook, CSV, PDF and JSON has the lines and figures of the screen", async () => {
  const lines = await onScreen();
  expect(lines.length).toBeGreaterThan(40);
  const at = (format: string) => `/office/forms/03-TE/file/${format}?as_of=${TODAY}`;

  const { sheets, formulas } = readExport(await file(at("xlsx")));
  const cells = Object.values(sheets ?? {}).flat();
  for (const [label, number] of lines) {
    const found = cells.filter((row) => row.some((cell) => plain(cell).endsWith(plain(label))));
    expect(found.map((row) => row.join("|")).join("\n"), label).toContain(number.replaceAll(".", ""));
  }
  expect(Object.values(formulas ?? {}).flat().join("\n")).toMatch(/SUM|\+/);

  const csv = plain((await file(at("csv"))).toString("utf8"));
  for (const [label] of lines) expect(csv).toContain(plain(label));

  const pdf = plain(readPdf(await file(at("pdf"))));
  expect(pdf).toContain("THỐNG KÊ TRẺ EM CÓ HOÀN CẢNH ĐẶC BIỆT");
  expect(pdf).toContain("Mẫu số 03/TE");
  for (const [label, number] of lines.filter(([label]) => label.length < 40)) {
    expect(pdf, label).toContain(`${plain(label)} ${number}`);
  }

  const json = JSON.parse((await file(at("json"))).toString("utf8")) as object;
  expect(JSON.stringify(json)).toContain('"least":20');
  // A form names nobody.
  for (const text of [csv, pdf, JSON.stringify(json), cells.flat().join(" ")]) expect(text).not.toContain("giả lập)");
});

test("the narrative report opens as a document with the figures in it", async () => {
  for (const span of ["half", "year"]) {
    const { paragraphs } = readExport(await file(`/office/report/${span}.docx?as_of=${TODAY}`));
    const text = plain((paragraphs ?? []).join("\n"));
    expect(text).toContain("ỦY BAN NHÂN DÂN XÃ GIẢ LẬP");
    expect(text).toMatch(/\b20\b/);
    expect(text).not.toContain("(giả lập)");
  }
});

test("the register and a list by circumstance open as workbooks: a row a child, with names and addresses", async () => {
  const rows = (bytes: Buffer) => Object.values(readExport(bytes).sheets ?? {}).flat();
  const register = rows(await file("/office/lists/register.xlsx"));
  expect(register.filter((row) => row.join(" ").includes("(giả lập)"))).toHaveLength(20);
  const disabled = rows(await file(`/office/lists/circumstance/II.4/xlsx?as_of=${TODAY}`));
  const named = disabled.filter((row) => row.join(" ").includes("Lương Thị Khuyết (giả lập)"));
  expect(named).toHaveLength(1);
  expect(named.flat().join(" ")).toContain("Xóm Đồi");
});

test("the pages of the register print: the browser's own PDF of a household's page has its child", async () => {
  await page.goto("/office/register");
  await page.getByRole("link", { name: "Lương Văn Chủ (giả lập)" }).first().click();
  await page.goto(`${page.url().split(/[#?]/)[0]}/print`);
  const printed = plain(readPdf(await page.pdf({ format: "A4", landscape: true }), "blocks"));
  expect(printed).toContain("Lương Thị Khuyết (giả lập)");
  expect(printed).not.toContain("Đăng xuất");
});

test("a file that is no workbook is refused with words, and a real one is read with a trial before anything is written", async () => {
  await page.goto("/office/import");
  const before = desk.office.register().length;
  const choose = page.locator("input[type=file]");
  await choose.setInputFiles({ name: "so.xlsx", mimeType: "application/octet-stream", buffer: Buffer.from("không phải sổ".repeat(100)) });
  await page.getByRole("button", { name: "Tải lên và xem các cột" }).click();
  await expect(page.locator("main")).toContainText(/không (đọc|mở|phải)/i);
  expect(desk.office.register()).toHaveLength(before);
  expect(readFileSync(desk.office.path("data/register.sqlite")).length).toBeGreaterThan(0);
});
