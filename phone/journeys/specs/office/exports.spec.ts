/** Every export is opened by another program, and its figures are those on the screen. */

import { expect, type Page, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { child, families, family, TODAY } from "../../support/commune.ts";
import { Desk } from "../../support/console.ts";
import { READERS, readExport, readPdf } from "../../support/programs.ts";

test.describe.configure({ mode: "serial" });

let desk: Desk;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.open();
  const one = new Collector(desk.office, "Máy thôn Một", "01", "02");
  one.visit(
    ...families("01", 12),
    ...families("02", 7),
    family("01", 20, "Lương Văn Chủ (giả lập)", [child("Lương Thị Khuyết (giả lập)", "2018-02-03"), { ...child("Lương Thị Mồ (giả lập)", "2019-02-03"), ref: "c2" }], {
      // One since years, one since this year: next to last year's figures there is a difference.
      circumstances: [
        { person: "c1", code: "II.4.1", start: "2022" },
        { person: "c2", code: "II.1.1", start: `${TODAY.slice(0, 4)}-01-01` },
      ],
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

/** A number as Vietnamese write it, or as a program does; anything else as it is. */
function figure(text: string): number | string {
  if (/^\d{1,3}(\.\d{3})*(,\d+)?$/.test(text)) return Number(text.replaceAll(".", "").replace(",", "."));
  return text;
}

function told(cell: string): number | string {
  return /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell;
}

interface Line {
  label: string;
  /** What stands in its columns, from left to right. */
  written: string[];
}

/** A line of a form beside which last year's stands. */
interface Compared {
  label: string;
  now: string;
  before: string;
  difference: string;
}

/** The groups of 03/TE of a period as the screen has them, beside the same period last year. */
async function besideLastYear(span: "half" | "year"): Promise<Compared[]> {
  await page.goto(`/office/forms?form=03-TE&as_of=${TODAY}&period=${span}`);
  await page.goto(`${page.url()}&year=1`);
  const lines = await page.locator(".form-scroll table.form-sheet tbody tr").evaluateAll((rows) =>
    rows.map((row) => {
      const of = (cells: Iterable<Element>) => [...cells].map((cell) => (cell.textContent ?? "").trim());
      const [before = "", difference = ""] = of(row.querySelectorAll("td.beside"));
      const [now = ""] = of(row.querySelectorAll("td.num:not(.beside)"));
      const label = (row.querySelector("th")?.textContent ?? "").replace(/^[-+]\s*/, "").trim();
      return { label, now, before, difference };
    }),
  );
  return lines.filter(({ label, now }) => /^(Tổng số )?trẻ em/i.test(label) && /\d/.test(now));
}

/** By how much of what was before, as the report writes it; nothing where nothing was. */
function percent(now: number, before: number): string {
  if (before === 0) return "";
  const tenths = Math.round((Math.abs(now - before) * 1000) / before) / 10;
  const sign = now > before ? "+" : now < before ? "−" : "";
  return `${sign}${String(tenths).replace(".", ",")}`;
}

/** Every line of a form on the screen that has a number in it. */
async function onScreen(form: string): Promise<Line[]> {
  await page.goto(`/office/forms/${form}?as_of=${TODAY}`);
  const columns = await page.locator("table.form-sheet thead tr").first().locator("th.form-column:not(.beside)").count();
  const lines = await page.locator("table.form-sheet tbody tr").evaluateAll(
    (rows, columns) =>
      rows.map((row) => ({
        label: (row.querySelector("th")?.textContent ?? "").replace(/^[-+]\s*/, "").trim(),
        written: [...row.querySelectorAll("td:not(.beside)")].slice(-columns).map((cell) => (cell.textContent ?? "").trim()),
      })),
    columns,
  );
  return lines.filter(({ written }) => written.some((text) => /\d/.test(text)));
}

/** The text with one space wherever there is any. */
function plain(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, " ");
}

/** The rows of a CSV file, as RFC 4180 has them. */
function rowsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? bare ?? "");
    if (end === "\r\n") rows.push([]);
    if (end === "") break;
  }
  return rows.filter((row) => row.length > 1);
}

/** A cell of a form as JSON has it. */
type Value =
  | { kind: "children"; children: { least: number; most: number } }
  | { kind: "percent"; tenths: { least: number; most: number } | null }
  | { kind: "typed"; value?: string }
  | { kind: "heading" };

/** Least and most of it. */
function endsOf(value: Value): (number | string)[] {
  if (value.kind === "children") return [value.children.least, value.children.most];
  if (value.kind === "percent") return value.tenths ? [value.tenths.least / 10, value.tenths.most / 10] : ["", ""];
  const typed = value.kind === "typed" && value.value !== undefined ? Number(value.value) : "";
  return [typed, typed];
}

/** Least and most of what is written: `5–7`, `12`. */
function ends(text: string): (number | string)[] {
  // An answer is a word on paper, and 1 or 0 for programs.
  const said: Record<string, number> = { "Có": 1, "Không": 0 };
  const [least = "", most = least] = text.split("–");
  return [least, most].map((end) => said[end] ?? (/\d/.test(end) ? figure(end) : ""));
}

function isSame(one: unknown[], other: unknown[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Types figures into a form whose lines the register does not have. */
async function typeIn(form: string, ...figures: string[]): Promise<void> {
  await page.goto(`/office/forms/${form}/typed?as_of=${TODAY}`);
  const fields = page.locator("form input[inputmode=decimal]:not(#f-total_population)");
  for (const [at, text] of figures.entries()) await fields.nth(at).fill(text);
  await page.getByRole("button", { name: "Lưu" }).first().click();
  await expect(page.getByText(`Đã lưu ${figures.length} ô.`)).toBeVisible();
}

for (const [form, title, known] of [
  ["01-TE", "THỐNG KÊ SỐ LIỆU CƠ BẢN VỀ CÔNG TÁC TRẺ EM", 6],
  ["02-TE", "THỐNG KÊ VỀ HỆ THỐNG BẢO VỆ TRẺ EM", 2],
  ["03-TE", "THỐNG KÊ TRẺ EM CÓ HOÀN CẢNH ĐẶC BIỆT", 40],
] as const) {
  test(`${form} as workbook, CSV, PDF and JSON has the lines and figures of the screen`, async () => {
    if (form === "01-TE") await typeIn(form, "1.234,5", "67");
    if (form === "02-TE") await typeIn(form, "1", "2", "2.345");
    const lines = await onScreen(form);
    expect(lines.length).toBeGreaterThanOrEqual(known);
    const at = (format: string) => `/office/forms/${form}/file/${format}?as_of=${TODAY}`;

    const workbook = await file(at("xlsx"));
    for (const by of READERS) {
      const { sheets, formulas, paper } = readExport(workbook, by);
      const rows = Object.values(sheets ?? {}).flat();
      for (const { label, written } of lines) {
        const figures = written.map(figure);
        const found = rows.filter((row) => row.some((cell) => plain(cell).endsWith(plain(label))));
        const same = found.filter((row) => figures.every((number, place) => told(row.slice(-figures.length)[place] ?? "") === number));
        expect(same, `${by}: ${label}: ${written.join(" | ")}: ${found.join("; ")}`).not.toEqual([]);
      }
      if (form === "03-TE") expect(Object.values(formulas ?? {}).flat().join("\n")).toMatch(/SUM|\+/);
      if (by === "python") expect(Object.values(paper ?? {})[0], "A4").toBe(9);
    }

    const csv = (await file(at("csv"))).toString("utf8");
    const rows = rowsOf(csv);
    for (const { label, written } of lines) {
      // Least and most, side by side.
      const figures = written.flatMap(ends);
      const same = rows.filter((row) => isSame(row.slice(4).map((cell) => (cell === "Có" ? 1 : told(cell))), figures));
      expect(same.map((row) => plain(row[2] ?? "")), label).toContain(plain(label));
    }

    const pdf = plain(readPdf(await file(at("pdf"))));
    expect(pdf).toContain(title);
    expect(pdf).toContain(`Mẫu số ${form.replace("-", "/")}`);
    for (const { label, written } of lines.filter(({ label }) => label.length < 40)) {
      const between = form === "03-TE" ? "" : ".{0,12}?";
      const line = [plain(label), written[0] ?? ""].map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      expect(pdf, label).toMatch(new RegExp(line.join(` ${between}`)));
    }

    const json = (await file(at("json"))).toString("utf8");
    const counted = JSON.parse(json) as { lines: { label: string; values: Value[] }[] };
    for (const { label, written } of lines) {
      const figures = written.map(ends);
      const same = counted.lines.filter(({ values }) => values.every((value, place) => isSame(endsOf(value), figures[place] ?? [])));
      expect(same.map((line) => plain(line.label)), label).toContain(plain(label));
    }
    // A form names nobody.
    for (const text of [csv, pdf, json, workbook.toString("latin1")]) expect(text).not.toContain("giả lập)");
  });
}

test("the narrative report opens as a document with the screen's figures in it, compared with last year's", async () => {
  for (const span of ["half", "year"] as const) {
    const groups = await besideLastYear(span);
    const document = await file(`/office/report/${span}.docx?as_of=${TODAY}`);
    for (const by of READERS) {
      const text = plain((readExport(document, by).paragraphs ?? []).join("\n"));
      expect(text, by).toContain("ỦY BAN NHÂN DÂN");
      expect(text, by).toContain("XÃ GIẢ LẬP");
      expect(text, by).toMatch(/\b21\b/);
      expect(text, by).not.toContain("(giả lập)");
    }
    const compared = (readExport(document, "python").tables ?? []).flat().filter((row) => row.length === 5);
    const told = new Map(compared.map(([name = "", ...figures]) => [plain(name), figures]));
    let [same, risen] = [0, 0];
    for (const { label, now, before, difference } of groups) {
      const figures = told.get(`${plain(label)} (Người)`);
      if (figures === undefined) continue;
      expect(figures, `${span}: ${label}`).toEqual([now, before, difference, percent(Number(now), Number(before))]);
      same += 1;
      risen += difference === "+1" ? 1 : 0;
    }
    // The orphan of this year, and the sum she is in.
    expect(risen, span).toBe(2);
    expect(same, "groups in the comparison").toBeGreaterThan(10);
  }
});

test("everybody who signs stands on the form: in the workbook and in the PDF, beside each other", async () => {
  const signing = [
    ["Người lập biểu", "Lý Thị Lập (giả định)"],
    ["Công chức Văn hóa - Xã hội", "Lý Văn Soát (giả định)"],
    ["Chủ tịch UBND xã", "Lý Văn Duyệt (giả định)"],
  ] as const;
  await page.goto("/office/settings/signatories");
  for (const [at, [role, name]] of signing.entries()) {
    await page.locator(`#f-role-03-TE-${at}`).fill(role);
    await page.locator(`#f-name-03-TE-${at}`).fill(name);
  }
  await page.getByRole("button", { name: "Lưu" }).first().click();
  const at = (format: string) => `/office/forms/03-TE/file/${format}?as_of=${TODAY}`;
  const workbook = await file(at("xlsx"));
  for (const by of READERS) {
    const rows = Object.values(readExport(workbook, by).sheets ?? {}).flat();
    const names = rows.filter((row) => row.some((cell) => cell.endsWith("(giả định)")));
    expect(names.map((row) => row.filter((cell) => cell !== "")), by).toEqual([signing.map(([, name]) => name)]);
  }
  const pdf = readPdf(await file(at("pdf"))).split("\n").map(plain);
  for (const of of [0, 1] as const) {
    const line = pdf.filter((line) => signing.every((one) => line.includes(one[of])));
    expect(line, pdf.slice(-12).join("\n")).toHaveLength(1);
  }
});

test("the register and a list by circumstance open as workbooks: a row a child, with names and addresses", async () => {
  const [register, disabled] = [
    await file("/office/lists/register.xlsx"),
    await file(`/office/lists/circumstance/II.4/xlsx?as_of=${TODAY}`),
  ];
  for (const by of READERS) {
    const rows = (bytes: Buffer) => Object.values(readExport(bytes, by).sheets ?? {}).flat();
    expect(rows(register).filter((row) => row.join(" ").includes("(giả lập)")), by).toHaveLength(21);
    const named = rows(disabled).filter((row) => row.join(" ").includes("Lương Thị Khuyết (giả lập)"));
    expect(named, by).toHaveLength(1);
    expect(named.flat().join(" ")).toContain("Xóm Đồi");
  }
});

test("lists on demand open as workbooks and as text: a row for each on the screen", async () => {
  const [year, month] = [TODAY.slice(0, 4), TODAY.slice(0, 7)];
  let listed = 0;
  for (const address of [
    `/office/lists/changes?from=2020-01-01&to=${TODAY}`,
    `/office/lists/insurance?month=${month}`,
    `/office/lists/sudden?from=${Number(year) - 6}-01-01&to=${TODAY}`,
  ]) {
    await page.goto(address);
    const captions = await page.locator("table.list caption").allInnerTexts();
    const shown = captions.reduce((sum, caption) => sum + Number(/\((\d+)\)$/.exec(caption)?.[1]), 0);
    listed += shown;
    const names = await page.locator("table.list tbody tr td:nth-child(2)").allInnerTexts();
    const workbook = await file(`${address}&file=xlsx`);
    const books = READERS.map((by) => Object.values(readExport(workbook, by).sheets ?? {}).flat().filter((row) => /^\d+$/.test(row[0] ?? "")));
    const csv = rowsOf((await file(`${address}&file=csv`)).toString("utf8")).slice(1);
    for (const rows of [...books, csv]) {
      expect(rows, address).toHaveLength(shown);
      const all = rows.flat();
      for (const name of names) expect(all, address).toContain(name);
    }
  }
  expect(listed, "the lists are not empty").toBeGreaterThan(5);
});

test("the pages of the register print: the browser's own PDF of a household's page has its child", async () => {
  await page.goto("/office/register");
  await page.getByRole("link", { name: "Lương Văn Chủ (giả lập)" }).first().click();
  await page.goto(`${page.url().split(/[#?]/)[0]}/print`);
  const printed = plain(readPdf(await page.pdf({ format: "A4", landscape: true }), "blocks"));
  expect(printed).toContain("Lương Thị Khuyết (giả lập)");
  expect(printed).not.toContain("Đăng xuất");
});
