/** Forms: from a cell to the signature behind it; frozen, reproduced after the register went on, and amended. */

import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { child, families, family, TODAY } from "../../support/commune.ts";
import { Desk, download, heading } from "../../support/console.ts";

test.describe.configure({ mode: "serial" });

const DISABILITY = [{ person: "c1", code: "II.4.1", start: "2022" }];

let desk: Desk;
let one: Collector;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.open();
  one = new Collector(desk.office, "Máy thôn Một", "01", "02");
  one.visit(
    ...families("01", 5),
    ...families("02", 3),
    family("01", 20, "Lương Văn Chủ (giả lập)", [child("Lương Thị Khuyết (giả lập)", "2018-02-03")], { circumstances: DISABILITY }),
  );
  one.sync();
  page = await desk.officer("canbo", "Cán bộ Giả Lập");
});
test.afterAll(() => desk.end());

function row(label: RegExp) {
  return page.getByRole("row", { name: label }).first();
}

test("from a cell of 03/TE to its child, to the fact, to the change and its signature", async () => {
  await page.goto("/office/forms");
  await page.goto(`/office/forms/03-TE?as_of=${TODAY}`);
  const cell = row(/^4 Trẻ em khuyết tật/).getByRole("link", { name: "1", exact: true }).first();
  await cell.click();
  await heading(page, /II\.4/);
  await expect(page.getByText("1 em chắc chắn, 0 em chưa chắc")).toBeVisible();
  await page.getByText("Vì sao em có trong ô này").click();
  const why = page.getByRole("group").filter({ hasText: "Vì sao em có trong ô này" });
  await expect(why).toContainText("Hoàn cảnh");
  await why.getByRole("link", { name: "ai ghi, chữ ký" }).first().click();
  const main = page.locator("main");
  await expect(main).toContainText("Máy thôn Một");
  await expect(main).toContainText(/chữ ký.*(đúng|khớp)/i);
});

test("an absurd day is said beside its field; a day to come is marked", async () => {
  for (const [day, said] of [["20/11/1900", /quá sớm/], ["32/1/2026", /Không đọc được ngày/], ["20/11/2099", /quá xa/]] as const) {
    await page.goto("/office/forms");
    await page.getByLabel("Tính đến ngày").fill(day);
    await page.getByRole("button", { name: "Xem", exact: true }).click();
    await expect(page.locator(".field-error").first()).toHaveText(said);
    await expect(page.getByLabel("Tính đến ngày")).toHaveValue(day);
  }
  expect((await page.goto("/office/forms/03-TE?as_of=1900-01-01"))?.status()).toBe(422);
  expect((await page.goto("/office/forms/99-TE"))?.status()).toBe(404);
});

test("a number typed in is kept with its author; what is none is said beside its field and nothing typed is lost", async () => {
  await page.goto(`/office/forms/01-TE/typed?as_of=${TODAY}`);
  // The first is a parameter of the form, a whole number.
  const fields = page.locator("form input[inputmode=decimal]:not(#f-total_population)");
  await fields.nth(0).fill("1.234,5");
  await fields.nth(1).fill("mười hai");
  await page.getByRole("button", { name: "Lưu" }).first().click();
  await expect(page.getByText("Đây không phải là số.").first()).toBeVisible();
  await expect(fields.nth(0)).toHaveValue("1.234,5");
  await expect(fields.nth(1)).toHaveValue("mười hai");
  await fields.nth(1).fill("12");
  await page.getByRole("button", { name: "Lưu" }).first().click();
  await expect(page.getByText("Đã lưu 2 ô.")).toBeVisible();
  await page.goto(`/office/forms/01-TE/typed?as_of=${TODAY}`);
  await expect(page.locator("main")).toContainText("Cán bộ Giả Lập");
});

async function freeze(reason?: string): Promise<void> {
  await page.goto(`/office/forms/03-TE/freeze?as_of=${TODAY}`);
  if (reason !== undefined) await page.getByLabel(/^Lý do|^Ghi chú/).fill(reason);
  const looked = page.getByRole("checkbox", { name: /Tôi đã xem/ });
  if (await looked.count()) await looked.check();
  await page.getByRole("button", { name: "Chốt và ký" }).click();
}

async function frozenFile(kind: string): Promise<Buffer> {
  const { path } = await download(page, () => page.getByRole("link", { name: `Tải ${kind}` }).click());
  return readFileSync(path);
}

test("a form is frozen and signed; the register goes on; the filing is the same byte for byte, and is amended by a revision", async () => {
  await freeze();
  await expect(page.getByText("Đã chốt và ký: bản số 1.")).toBeVisible();
  await expect(page.getByText("đúng: chữ ký khớp")).toBeVisible();
  const digest = await page.locator("code.digest").last().innerText();
  const [json, pdf] = [await frozenFile("JSON"), await frozenFile("PDF")];
  await page.getByRole("button", { name: "Tính lại từ nhật ký" }).click();
  await expect(page.getByText("trùng khớp", { exact: true })).toBeVisible();

  one.visit(family("02", 21, "Hà Văn Mới (giả lập)", [child("Hà Thị Mới (giả lập)", "2020-02-03")], { circumstances: DISABILITY }));
  one.sync();
  await page.goto("/office/filings/1");
  await page.getByRole("button", { name: "Tính lại từ nhật ký" }).click();
  await expect(page.getByText("trùng khớp", { exact: true })).toBeVisible();
  await expect(page.locator("code.digest").last()).toHaveText(digest);
  expect((await frozenFile("JSON")).equals(json)).toBe(true);
  expect((await frozenFile("PDF")).equals(pdf)).toBe(true);
  await page.getByRole("button", { name: "So với hiện nay" }).click();
  await expect(page.getByRole("table", { name: "Những chỗ khác" })).toContainText("Trẻ em khuyết tật");

  await freeze("");
  await expect(page.locator(".field-error")).toContainText("đã được chốt trước đó");
  await freeze("Thôn Hai bổ sung một hộ");
  await expect(page.getByText("Đã chốt và ký: bản số 2.")).toBeVisible();
  await page.goto("/office/filings/1");
  await expect(page.getByText("Đã có bản sửa đổi mới hơn:")).toBeVisible();
});
