/** What a collector does with the app, found as a screen reader would find it. */

import { expect, type Locator, type Page } from "@playwright/test";
import { PIN } from "./phone.ts";
import type { Household } from "./register.ts";

/** The steps of a visit, as they are called. */
export type Step = "Ai đang ở đây" | "Từng trẻ" | "Hoàn cảnh" | "Trợ giúp" | "Ghi chú" | "Xong";

/** From the link to the village's list. */
export async function enrol(page: Page, name = "Người giả lập, thôn 01", pin = PIN): Promise<void> {
  await page.getByRole("button", { name: "Tiếp tục" }).click();
  await page.getByLabel("Tên người dùng máy và thôn").fill(name);
  await page.getByRole("button", { name: "Tiếp tục" }).click();
  await page.getByLabel("Mã PIN mới").fill(pin);
  await page.getByLabel("Nhập lại lần nữa").fill(pin);
  await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
  // The first load ends in the village by itself.
  await expect(page.getByRole("searchbox")).toBeVisible();
}

/** The app's own files are on the phone: from now on it starts without a network. */
export async function installed(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state))
    .toBe("activated");
}

/** Types the PIN at the lock. */
export async function unlock(page: Page, pin = PIN): Promise<void> {
  await page.getByLabel("Mã PIN", { exact: true }).fill(pin);
  await page.getByRole("button", { name: "Mở sổ" }).click();
}

/** Locks by the button in the settings. */
export async function lock(page: Page): Promise<void> {
  await toTab(page, "Cài đặt");
  await page.getByRole("button", { name: "Khóa sổ ngay" }).click();
  await expect(page.getByRole("heading", { name: "Sổ đang khóa" })).toBeVisible();
}

/** By the bar at the bottom. */
export async function toTab(page: Page, tab: "Thôn của tôi" | "Đợt rà soát" | "Gửi – nhận" | "Cài đặt"): Promise<void> {
  await page.getByRole("navigation", { name: "Các phần của sổ" }).getByRole("link", { name: tab }).click();
}

/** The line under the title that says what has been sent. */
export function stateLine(page: Page): Locator {
  return page.getByRole("banner").getByRole("link").filter({ hasNotText: "Khẩn cấp" });
}

/** From a page with the bottom bar: sends and receives until both ends have said everything. */
export async function sync(page: Page): Promise<void> {
  await toTab(page, "Gửi – nhận");
  const answer = page.waitForResponse((response) => response.url().endsWith("/v1/exchange"));
  await page.getByRole("button", { name: "Gửi – nhận ngay" }).click();
  await answer;
  await expect(page.getByRole("status").filter({ hasText: "Đã gửi – nhận xong lúc" })).toBeVisible();
}

/** From the village's list to a household's page. */
export async function openHousehold(page: Page, head: string): Promise<void> {
  await toTab(page, "Thôn của tôi");
  await page.getByRole("region", { name: "Danh sách hộ" }).getByRole("link", { name: head }).click();
  await expect(page.getByRole("heading", { level: 1, name: head })).toBeVisible();
}

/** From the village's list into a visit of a household that is there. */
export async function beginVisit(page: Page, head: string): Promise<void> {
  await openHousehold(page, head);
  await page.getByRole("button", { name: "Bắt đầu thăm" }).click();
  await expect(page.getByRole("navigation", { name: "Các bước" })).toBeVisible();
}

/** From the village's list into the visit of a household that was in no register. */
export async function beginNewHousehold(page: Page, { number, head, address, child, born }: Household): Promise<void> {
  await toTab(page, "Thôn của tôi");
  await page.getByRole("button", { name: "Thêm hộ mới" }).click();
  await write(page, "Số thứ tự hộ", number);
  await write(page, "Họ và tên chủ hộ", head);
  await write(page, "Địa chỉ", address);
  await page.getByRole("link", { name: "Thêm một trẻ" }).click();
  await page.getByRole("radio", { name: "Vốn ở đây, chưa có trong sổ" }).check();
  await write(page, "Họ và tên", child);
  const [year = "", month = "", day = ""] = born.split("-");
  const date = page.getByRole("group", { name: "Ngày tháng năm sinh" });
  await date.getByLabel("Ngày", { exact: true }).fill(String(Number(day)));
  await date.getByLabel("Tháng", { exact: true }).fill(String(Number(month)));
  await date.getByLabel("Năm", { exact: true }).fill(year);
  await date.getByLabel("Năm", { exact: true }).blur();
  await expect(date.getByText("Đã lưu trên máy")).toBeVisible();
  await page.getByRole("button", { name: "Xong, về danh sách người" }).click();
}

export async function toStep(page: Page, step: Step): Promise<void> {
  await page.getByRole("navigation", { name: "Các bước" }).getByRole("button", { name: new RegExp(`: ${step}$`) }).click();
}

/** Opens the editors of a group of fields. */
export async function change(page: Page, group: string): Promise<void> {
  await page.getByRole("button", { name: `${group}: sửa` }).click();
}

/** Writes one field, as shown by its label, until the app says that it is kept. */
export async function write(page: Page, label: string, text: string): Promise<void> {
  const input = page.getByLabel(label, { exact: true });
  await input.fill(text);
  await input.blur();
  await expect(page.locator(".field").filter({ has: input }).getByText("Đã lưu trên máy")).toBeVisible();
}

/** From any step to the household's page, with everything of the visit in the record. */
export async function finishVisit(page: Page): Promise<void> {
  await toStep(page, "Xong");
  await page.getByRole("button", { name: "Xong lần thăm" }).click();
  await expect(page.getByRole("button", { name: "Bắt đầu thăm" })).toBeVisible();
}

/** A whole visit in which one of the household's own fields is written. */
export async function visitWriting(page: Page, head: string, field: string, text: string): Promise<void> {
  await beginVisit(page, head);
  await change(page, "Hộ này");
  await write(page, field, text);
  await finishVisit(page);
}

/** The row of a fact on a household's page, by its name. */
export function fact(page: Page, name: string): Locator {
  return page.locator(".facts > div").filter({ has: page.getByText(name, { exact: true }) });
}
