/** Longer pieces of a collector's day, for journeys whose point is something else. */

import { expect, type Page } from "@playwright/test";
import { finishVisit, stateLine, toTab, write } from "./hands.ts";

export interface NewHousehold {
  head: string;
  number: string;
}

/** Begins the visit of a household that the register does not have; leaves its first step open. */
export async function beginHousehold(page: Page, { head, number }: NewHousehold): Promise<void> {
  await toTab(page, "Thôn của tôi");
  await page.getByRole("button", { name: "Thêm hộ mới" }).click();
  await write(page, "Họ và tên chủ hộ", head);
  await write(page, "Số thứ tự hộ", number);
}

export async function addHousehold(page: Page, household: NewHousehold): Promise<void> {
  await beginHousehold(page, household);
  await finishVisit(page);
}

/** Until nothing waits any more. */
export async function expectAllSent(page: Page): Promise<void> {
  await expect(stateLine(page)).toContainText("Đã gửi hết lúc");
}
