/** Further files than forms and lists, and LibreOffice's own prints of them: the figures and rows of the screen. */

import { expect, type Page, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { child, families, family, TODAY } from "../../support/commune.ts";
import { Desk } from "../../support/console.ts";
import { type Line, onScreen, plain, rowsOf } from "../../support/figures.ts";
import { printed, READERS, readExport, readPdf } from "../../support/programs.ts";

test.describe.configure({ mode: "serial" });

/** An identity number that nobody has. */
const NUMBER = "000318000022";

let desk: Desk;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.open();
  const one = new Collector(desk.office, "Máy thôn Một", "01", "02");
  const disabled = (number: number, name: string) =>
    family("01", number, `Chủ hộ ${number} (giả lập)`, [child(name, "2018-02-03")], {
      circumstances: [{ person: "c1", code: "II.4.1", start: "2022" }],
    });
  const wide = family("01", 22, "Chủ hộ 22 (giả lập)", [
    child("Nông Thị Định Danh (giả lập)", "2018-02-03", {
      identity_number: NUMBER,
      father_name: "Nông Văn Cha (giả lập)",
      father_occupation: "Làm ruộng, đi làm thuê xa nhà theo mùa vụ",
      mother_name: "Hoàng Thị Mẹ (giả lập)",
      mother_occupation: "Làm ruộng, buôn bán nhỏ ở chợ phiên",
      school: "Trường Tiểu học và Trung học cơ sở Giả Lập",
    }),
  ]);
  one.visit(wide, ...families("01", 12), disabled(20, "Lương Thị Khuyết (giả lập)"), disabled(21, "=1+1 (giả lập)"));
  one.sync();
  page = await desk.officer("canbo", "Cán bộ Giả Lập");
});
test.afterAll(() => desk.end());

async function file(address: string): Promise<Buffer> {
  const answer = await page.request.get(address);
  expect(answer.status(), address).toBe(200);
  return await answer.body();
}

/** Lines of 03/TE on the screen that count somebody and are called by one line on paper. */
async function lines(): Promise<Line[]> {
  await page.goto(`/office/forms/03-TE?as_of=${TODAY}`);
  const counting = (await onScreen(page)).filter(({ label, cells }) => label.length < 40 && /[1-9]/.test(cells[0] ?? ""));
  expect(counting.length).toBeGreaterThan(5);
  return counting;
}

/** That each line stands on a paper, its first figure behind it. */
function expectOnPaper(text: string, lines: Line[]): void {
  for (const { label, cells } of lines) {
    const line = [plain(label), cells[0] ?? ""].map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    expect(text, label).toMatch(new RegExp(`${line.join("[^\\d]{0,12}")}(?!\\d)`));
  }
}

test("LibreOffice prints the workbook of 03/TE with the screen's figures", async () => {
  const counting = await lines();
  const paper = plain(readPdf(printed(await file(`/office/forms/03-TE/file/xlsx?as_of=${TODAY}`), "xlsx")));
  expect(paper).toContain("THỐNG KÊ TRẺ EM CÓ HOÀN CẢNH ĐẶC BIỆT");
  expectOnPaper(paper, counting);
});

test("LibreOffice prints the narrative report with the screen's figures", async () => {
  const total = (await lines()).find(({ label }) => label.startsWith("Trẻ em khuyết tật"));
  const paper = plain(readPdf(printed(await file(`/office/report/year.docx?as_of=${TODAY}`), "docx")));
  expect(paper).toContain("ỦY BAN NHÂN DÂN");
  expect(paper).toMatch(new RegExp(`Trẻ em khuyết tật \\(Người\\) ${total?.cells[0]}\\b`));
});

test("in the household's printed book an identity number stands on one line", async () => {
  await page.goto("/office/register");
  await page.getByRole("link", { name: /Chủ hộ 22/ }).first().click();
  await page.getByRole("link", { name: "In trang sổ" }).click();
  await page.emulateMedia({ media: "print" });
  const number = page.locator("table.book-children bdi", { hasText: NUMBER });
  expect(await number.evaluate((text) => text.getClientRects().length)).toBe(1);
  await page.emulateMedia({ media: null });
});

test("the list behind a cell opens as a workbook and as text: its children, once each, and no formula", async () => {
  await page.goto(`/office/forms/03-TE?as_of=${TODAY}`);
  await page.locator('table.form-sheet a[href*="line=II.4.1&"]').first().click();
  await expect(page.locator("ol.children > li")).toHaveCount(2);
  const links = await page.locator(".row-actions a[download]").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
  expect(links).toHaveLength(2);
  for (const link of links) {
    const bytes = await file(link);
    const tables = link.includes("/xlsx")
      ? READERS.map((by) => Object.values(readExport(bytes, by).sheets ?? {}).flat())
      : [rowsOf(bytes.toString("utf8"))];
    for (const table of tables) {
      const children = table.filter((row) => row.join(" ").includes("2018"));
      expect(children, link).toHaveLength(2);
      expect(children.flat(), link).toContain("Lương Thị Khuyết (giả lập)");
      expect(children.flat().some((cell) => /^['‘]?=1\+1 \(giả lập\)$/.test(cell)), link).toBe(true);
    }
    if (link.includes("/xlsx")) expect(Object.values(readExport(bytes).formulas ?? {}).flat()).toEqual([]);
    else expect(bytes.toString("utf8")).not.toMatch(/(^|,)"?=/m);
  }
});

test("the files of a filing have the figures that were on the screen when it was frozen", async () => {
  const counting = await lines();
  await page.goto(`/office/forms/03-TE/freeze?as_of=${TODAY}`);
  const looked = page.getByRole("checkbox", { name: /Tôi đã xem/ });
  if (await looked.count()) await looked.check();
  await page.getByRole("button", { name: "Chốt và ký" }).click();
  await expect(page.getByText("Đã chốt và ký: bản số 1.")).toBeVisible();
  const address = async (kind: string) => (await page.getByRole("link", { name: `Tải ${kind}` }).getAttribute("href")) ?? "";
  const [xlsx, pdf, csv] = [await file(await address("XLSX")), await file(await address("PDF")), await file(await address("CSV"))];
  expectOnPaper(plain(readPdf(pdf)), counting);
  const text = rowsOf(csv.toString("utf8"));
  for (const { label, cells } of counting) {
    for (const by of READERS) {
      const rows = Object.values(readExport(xlsx, by).sheets ?? {}).flat();
      const found = rows.filter((row) => row.some((cell) => plain(cell).endsWith(plain(label))) && row.includes(cells[0] ?? ""));
      expect(found, `${by}: ${label}`).not.toEqual([]);
    }
    const found = text.filter((row) => plain(row[2] ?? "") === plain(label) && row[4] === cells[0]);
    expect(found, label).not.toEqual([]);
  }
});
