/** What a collector does with the app, found as a screen reader would find it. */

import { expect, type Page } from "@playwright/test";
import { PIN } from "./phone.ts";

/** From the link to the village's list. */
export async function enrol(page: Page, name = "Người giả lập, thôn 01"): Promise<void> {
  await page.getByRole("button", { name: "Tiếp tục" }).click();
  await page.getByLabel("Tên người dùng máy và thôn").fill(name);
  await page.getByRole("button", { name: "Tiếp tục" }).click();
  await page.getByLabel("Mã PIN mới").fill(PIN);
  await page.getByLabel("Nhập lại lần nữa").fill(PIN);
  await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
  await page.getByRole("button", { name: "Vào sổ" }).click();
  await expect(page.getByRole("searchbox")).toBeVisible();
}

/** Types the PIN at the lock. */
export async function unlock(page: Page, pin = PIN): Promise<void> {
  await page.getByLabel("Mã PIN", { exact: true }).fill(pin);
  await page.getByRole("button", { name: "Mở sổ" }).click();
}
