/** A report of danger: two touches from anywhere, sealed at once, sent before everything else, its state told truly. */

import { expect, type Page, test } from "@playwright/test";
import { addHousehold, expectAllSent } from "../support/errands.ts";
import { EXCHANGE, filesWith } from "../support/faults.ts";
import { enrol, lock, openHousehold, sync, toTab, unlock } from "../support/hands.ts";
import { journey, link } from "../support/journey.ts";
import type { Office } from "../support/office.ts";

/** A word that is in no text of the app. */
const MARKER = "chimsơncagiảlập";
const HOUSEHOLD = { head: "Nguyễn Văn Giả Lập", number: "7" };

interface Listed {
  id: string;
  opened: unknown;
}

function listed(office: Office): Listed[] {
  return JSON.parse(office.run("urgent", "list", "--json")) as Listed[];
}

/** Two touches, and the report's form is open. */
async function report(page: Page, kind: string): Promise<void> {
  await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
  await page.getByRole("button", { name: kind }).click();
  await expect(page.getByRole("heading", { level: 1, name: kind })).toBeVisible();
}

async function send(page: Page, happened: string): Promise<void> {
  await page.getByLabel("Chuyện gì đã xảy ra?").fill(happened);
  await page.getByRole("button", { name: "Gửi báo cáo" }).click();
  await page.getByRole("button", { name: "Gửi ngay" }).click();
  await expect(page.getByRole("heading", { name: "Đã ghi báo cáo khẩn" })).toBeVisible();
}

test("without a network a report takes two touches from the village and from a household, and 111 one", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await enrol(page);
    await addHousehold(page, HOUSEHOLD);
    await office.stop();

    await toTab(page, "Thôn của tôi");
    await report(page, "Tai nạn, thương tích");
    await page.getByRole("button", { name: "Quay lại" }).click();
    await expect(page.getByRole("link", { name: /Gọi 111/ })).toHaveAttribute("href", "tel:111");
    await openVillage(page);
    await openHousehold(page, HOUSEHOLD.head);
    await report(page, "Bỏ rơi, bỏ mặc");
    await send(page, "Trẻ ở nhà một mình từ hôm qua (giả lập).");
    await expect(page.getByRole("status").filter({ hasText: "Đang chờ gửi" })).toBeVisible();
    await expect(page.getByRole("link", { name: /Gọi 111/ })).toHaveAttribute("href", "tel:111");
    await page.getByRole("link", { name: "Xong" }).click();

    await lock(page);
    await expect(page.getByRole("link", { name: /Gọi 111/ })).toHaveAttribute("href", "tel:111");
    await expect(page.getByText("Trong đó có báo cáo khẩn: 1.")).toBeVisible();
  }));

/** From the pages of the report, which have no bar at the bottom. */
async function openVillage(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Quay lại" }).click();
  await expect(page.getByRole("searchbox")).toBeVisible();
}

test("of a sealed report nothing readable stays on the phone; the office reads it and the phone is told", () =>
  journey(async (office, phone) => {
    const mine = phone();
    let page = await mine.start(link(office));
    await enrol(page);
    await office.stop();
    await report(page, "Bạo lực, xâm hại");
    await send(page, `Người kể có nói: ${MARKER}.`);
    await expect(page.getByText(MARKER)).toHaveCount(0);
    await page.getByRole("link", { name: "Xong" }).click();
    await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
    await expect(page.getByRole("list", { name: "Báo cáo đã gửi từ máy này" }).getByRole("listitem")).toHaveCount(1);
    await expect(page.getByText(MARKER)).toHaveCount(0);
    expect(await page.evaluate(() => [localStorage, sessionStorage].map((storage) => JSON.stringify(storage)).join())).not.toContain(MARKER);
    await mine.stop();
    expect(filesWith(mine, MARKER)).toEqual([]);

    await office.serve();
    page = await mine.start();
    await unlock(page);
    await expectAllSent(page);
    const [arrived] = listed(office);
    expect(listed(office)).toHaveLength(1);
    expect(office.run("urgent", "list")).not.toContain(MARKER);
    await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
    const row = page.getByRole("list", { name: "Báo cáo đã gửi từ máy này" }).getByRole("listitem");
    await expect(row).toContainText("Đã đến xã lúc");

    const read = office.run("urgent", "open", arrived?.id ?? "", "--confidential-key", office.path("confidential.key"));
    expect(read).toContain(MARKER);
    await page.getByRole("button", { name: "Quay lại" }).click();
    await sync(page);
    await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
    await expect(row).toContainText("Xã đã mở lúc");
    await mine.stop();
    expect(filesWith(mine, MARKER)).toEqual([]);
  }));

test("a report is with the office before any of the day's work, even if that can't get through", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await enrol(page);
    await office.stop();
    await addHousehold(page, HOUSEHOLD);
    await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
    await page.getByRole("button", { name: "Đang gặp nguy hiểm" }).click();
    await send(page, "Nước dâng quanh nhà (giả lập).");
    await page.getByRole("link", { name: "Xong" }).click();

    // The line lets one request through, and nothing before or after it.
    let passes = 0;
    await page.context().route(EXCHANGE, (route) => (passes-- > 0 ? route.fallback() : route.abort("connectionreset")));
    await office.serve();
    passes = 1;
    await toTab(page, "Gửi – nhận");
    await page.getByRole("button", { name: /^(Gửi – nhận ngay|Đang gửi – nhận…)$/ }).click();
    await expect.poll(() => listed(office).length).toBe(1);
    await expect(page.getByText(/^Báo cáo khẩn: \d/)).toHaveCount(0);
    await expect(page.getByText(/^Điều đã ghi: \d+, ở 1 hộ$/)).toBeVisible();
    expect(office.run("export")).not.toContain(HOUSEHOLD.head);

    await page.context().unroute(EXCHANGE);
    await expectAllSent(page);
    expect(listed(office)).toHaveLength(1);
    expect(office.run("export")).toContain(HOUSEHOLD.head);
  }));
