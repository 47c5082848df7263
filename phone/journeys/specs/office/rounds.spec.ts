/** Today and the rounds: who is behind, what is signed and what changed since, and children in danger first of all. */

import { expect, type Page, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { families, TODAY } from "../../support/commune.ts";
import { Desk, heading } from "../../support/console.ts";
import { day } from "../../support/office.ts";

test.describe.configure({ mode: "serial" });

const DAY_MS = 86_400_000;
const CODE = "gia-lap-2";

let desk: Desk;
let one: Collector;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.open();
  one = new Collector(desk.office, "Máy thôn Một", "01");
  const other = new Collector(desk.office, "Máy thôn Hai", "02");
  // Recorded in the round that is opened only later: phones may be told late.
  one.visit(...families("01", 4));
  other.visit(...families("02", 3).map(({ entry }) => ({ entry: { ...entry, visit: { date: TODAY, result: "absent" } } })));
  one.sync();
  other.sync();
  // A device that has nothing to tell has spoken with the office all the same.
  new Collector(desk.office, "Máy dự phòng", "02");
  page = await desk.officer("canbo", "Cán bộ Giả Lập", "officer", "confidential");
});
test.afterAll(() => desk.end());

/** A day so many days from now, as people write it. */
function written(days: number): string {
  return day(Date.now() + days * DAY_MS).split("-").reverse().join("/");
}

async function fillRound(fields: { code: string; title: string; starts: string; ends: string; as_of: string }): Promise<void> {
  await page.getByLabel(/^Mã đợt/).fill(fields.code);
  await page.getByLabel(/^Tên đợt/).fill(fields.title);
  await page.getByLabel("Ngày bắt đầu").fill(fields.starts);
  await page.getByLabel(/^Hạn của các thôn/).fill(fields.ends);
  await page.getByLabel(/^Số liệu của biểu/).fill(fields.as_of);
  await page.getByRole("button", { name: "Mở đợt", exact: true }).click();
}

test("a round is filled in for the next reporting period; what is wrong is said beside its field and nothing typed is lost", async () => {
  await page.goto("/office");
  await expect(page.getByRole("heading", { name: "Chưa có đợt rà soát nào đang mở" })).toBeVisible();
  await page.getByRole("link", { name: "Mở đợt rà soát" }).click();
  await page.getByRole("link", { name: /thôn nộp trước 05\/11/ }).click();
  await expect(page.getByLabel(/^Mã đợt/)).toHaveValue(/^20\d\d-2$/);
  await expect(page.getByLabel(/^Hạn của các thôn/)).toHaveValue(/^05\/11\/20\d\d$/);
  await expect(page.getByLabel(/^Số liệu của biểu/)).toHaveValue(/^20\/11\/20\d\d$/);

  await fillRound({ code: "đợt 2!", title: "  ", starts: "32/13/2026", ends: "hôm nào", as_of: "20/11/1900" });
  await expect(page.locator("#e-code")).toContainText("ví dụ 2026-2");
  await expect(page.locator("#e-title")).toContainText("Cần tên đợt");
  await expect(page.locator("#e-starts")).toContainText("Cần một ngày có thật");
  await expect(page.locator("#e-ends")).toContainText("Cần một ngày có thật");
  await expect(page.locator("#e-as_of")).toContainText("quá xa");
  await expect(page.getByLabel(/^Mã đợt/)).toHaveValue("đợt 2!");
  await expect(page.getByLabel(/^Số liệu của biểu/)).toHaveValue("20/11/1900");

  await fillRound({ code: CODE, title: "Rà soát giả lập", starts: written(3), ends: written(1), as_of: written(5) });
  await expect(page.locator("#e-ends")).toContainText("Hạn phải từ ngày bắt đầu");
  await fillRound({ code: CODE, title: "Rà soát giả lập", starts: written(-10), ends: written(10), as_of: written(15) });
  await heading(page, "Rà soát giả lập");
  await expect(page.getByText(`Đã mở đợt ${CODE}`)).toBeVisible();

  await page.goto("/office/rounds");
  await fillRound({ code: CODE, title: "Lần nữa", starts: written(0), ends: written(10), as_of: written(15) });
  await expect(page.locator("#e-code")).toContainText("đã dùng cho một đợt khác");
});

test("Today shows each village's coverage and devices, the one behind on top, and whom to remind", async () => {
  await page.goto("/office");
  const rows = page.getByRole("table", { name: /^Tình hình từng/ }).getByRole("row");
  await expect(rows.nth(1)).toContainText("Thôn Giả Lập Hai");
  await expect(rows.nth(1)).toContainText("0/3 hộ (0 %)");
  const today = written(0);
  await expect(rows.nth(1)).toContainText(`Máy thôn Hai: ${today}`);
  await expect(rows.nth(1)).toContainText(`Máy dự phòng: ${today}`);
  await expect(rows.nth(2)).toContainText("4/4 hộ (100 %)");
  await expect(rows.nth(2)).toContainText("chưa xác nhận");
  // A chart and its numbers.
  const chart = page.getByRole("figure").filter({ hasText: "Số hộ đã thăm" });
  await expect(chart.getByRole("img")).toBeVisible();
  await chart.getByText("Xem số liệu dạng bảng").click();
  await expect(chart.getByRole("row", { name: /Thôn Giả Lập Hai 0 3 0 0\/3/ })).toBeVisible();

  await page.getByRole("link", { name: /^Nhắc các thôn/ }).click();
  const behind = page.getByRole("table", { name: /chưa xong đợt rà soát/ });
  await expect(behind.getByRole("row", { name: /Thôn Giả Lập Hai/ })).toContainText("Còn 3 hộ chưa thăm được (trong đó 3 hộ đã đến mà vắng nhà)");
  await expect(behind.getByRole("row", { name: /Thôn Giả Lập Một/ })).toContainText("Chưa xác nhận đã rà soát");
});

test("phones hear of the round with the next sync; the village's signed statement is shown, and what changed since", async () => {
  one.sync();
  one.run("sign-off", "--village", "01", "--round", CODE);
  one.sync();
  await page.goto(`/office/rounds/${CODE}`);
  const row = page.getByRole("row", { name: /Thôn Giả Lập Một/ });
  await expect(row).toContainText("chữ ký đúng");
  await expect(row).toContainText("Máy thôn Một");
  await expect(row).toContainText("không có hộ nào");

  one.visit({ household: "01/2", entry: { visit: { date: TODAY }, household: { phone: "0912000009" } } });
  one.sync();
  await page.reload();
  await row.getByRole("link", { name: "1 hộ đã thay đổi (xác nhận trên 4 hộ)" }).first().click();
  const changed = page.getByRole("table", { name: /Hộ thay đổi từ khi/ });
  await expect(changed.getByRole("row")).toHaveCount(2);
  await expect(changed).toContainText("Số điện thoại: 0912000009 – Máy thôn Một");
  await changed.getByRole("link", { name: "Lịch sử" }).click();
  // The history begins with what came after the sign-off.
  expect(page.url()).toMatch(/\/history\?since=\d+$/);
  await expect(page.locator("main")).toContainText("0912000009");
});

test("an urgent report is loud until an officer with the key opens it; the phone is told; nothing of it stays", async () => {
  const secret = "Việc giả lập rất kín";
  one.run("urgent", "--kind", "danger", "--about", "Bé giả lập", "--happened", secret, "--contact", "0912000000");
  one.sync();
  await page.goto("/office");
  const loud = page.getByRole("region", { name: "Tin khẩn chưa mở: 1" });
  await expect(loud).toContainText("Máy thôn Một");
  await loud.getByRole("link", { name: "Mở tin" }).click();
  await expect(page.getByText("Cần mở khóa bảo mật của xã")).toBeVisible();
  const address = page.url();
  await page.getByRole("main").getByRole("link", { name: "Mở khóa bảo mật" }).click();
  await page.getByLabel(/^Tệp khóa/).setInputFiles(desk.office.path("confidential.key"));
  await page.getByRole("button", { name: "Mở khóa", exact: true }).click();
  await page.goto(address);
  await expect(page.locator("main")).not.toContainText(secret);
  await page.getByRole("button", { name: "Mở tin này" }).click();
  await expect(page.locator("main")).toContainText(secret);
  await expect(page.locator("main")).toContainText("Trẻ đang gặp nguy hiểm");
  await expect(page.locator("main")).toContainText("Cán bộ Giả Lập");
  expect(page.url()).toBe(address);

  await page.goto(address);
  await expect(page.locator("main")).not.toContainText(secret);
  await page.goto("/office");
  await expect(page.getByRole("region", { name: /^Tin khẩn chưa mở/ })).toHaveCount(0);
  await expect(page.getByText("Tin khẩn đã mở: 1")).toBeVisible();
  expect(JSON.parse(desk.office.run("urgent", "list", "--json"))).toMatchObject([{ opened_by: "Cán bộ Giả Lập" }]);

  const plain = await desk.officer("khongkhoa", "Không giữ khóa", "officer");
  expect((await plain.goto(address))?.status()).toBe(403);
});

test("a round is closed after a question; what was signed stays", async () => {
  await page.goto(`/office/rounds/${CODE}`);
  await page.getByRole("link", { name: "Đóng đợt rà soát" }).click();
  await expect(page.getByText("Còn 1 thôn chưa xác nhận:")).toBeVisible();
  await page.getByRole("link", { name: "Chưa đóng" }).click();
  await page.getByRole("link", { name: "Đóng đợt rà soát" }).click();
  await page.getByRole("button", { name: "Đóng đợt này" }).click();
  await expect(page.getByText(`Đã đóng đợt ${CODE}.`)).toBeVisible();
  await expect(page.getByRole("row", { name: /Thôn Giả Lập Một/ })).toContainText("chữ ký đúng");
  await expect(page.getByRole("link", { name: "Đóng đợt rà soát" })).toHaveCount(0);
});
