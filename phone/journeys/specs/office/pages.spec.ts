/** Every kind of page: for those who use a screen reader, in the dark, on paper, and without scripts. */

import { expect, type Locator, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { child, dispute, families, family, openRound, ROUND, TODAY } from "../../support/commune.ts";
import { Desk, heading, seriousFaults, signIn } from "../../support/console.ts";
import { crawl } from "../../support/crawl.ts";

test.describe.configure({ mode: "serial" });

let desk: Desk;
test.beforeAll(async () => {
  desk = await Desk.open();
  const { office } = desk;
  openRound(office);
  const one = new Collector(office, "Máy thôn 01", "01");
  const other = new Collector(office, "Máy thôn 01 và 02", "01", "02");
  one.visit(...families("01", 6), family("01", 7, "Nông Văn Đổi (giả lập)", [child("Nông Thị Khuyết (giả lập)", "2018-02-03")], {
    circumstances: [{ person: "c1", code: "II.4.1", start: "2020" }],
  }));
  one.sync();
  other.sync();
  other.visit(...families("02", 3), family("02", 4, "Nông Văn Đổi (giả lập)", [child("Nông Thị Khuyết (giả lập)", "2018-02-03")]));
  dispute(one, other, ["01/1", "01/2"], "phone", ["0912000001", "0912000002"]);
  one.run("urgent", "--kind", "danger", "--about", "trẻ giả lập", "--happened", "việc giả lập");
  one.run("sign-off", "--village", "01", "--round", ROUND);
  one.sync();
  // What a device writes in a village that is no longer its own is held back.
  const third = new Collector(office, "Máy đổi thôn", "02");
  third.visit({ household: "02/1", entry: { visit: { date: TODAY }, household: { phone: "0912000004" } } });
  const listed = office.run("device", "list").split("\n").find((line) => line.includes("Máy đổi thôn")) ?? "";
  office.run("device", "grant", /\b[0-9a-f]{16,64}\b/.exec(listed)?.[0] ?? "", "--village", "01");
  third.sync();
  other.visit({ household: "01/3", entry: { visit: { date: TODAY }, household: { phone: "0912000003" } } });
  other.sync();
});
test.afterAll(() => desk.end());

test("no page has a serious fault for assistive technology, in the light", async () => {
  const page = await desk.officer("canbo", "Cán bộ Giả Lập", "officer", "confidential", "keeper");
  const faults: string[] = [];
  let pages = 0;
  await crawl(page, ["/office"], async () => {
    pages += 1;
    faults.push(...(await seriousFaults(page)));
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  });
  expect(faults).toEqual([]);
  expect(pages).toBeGreaterThan(20);
  expect(desk.errors).toEqual([]);
});

test("pages that answer a form have no serious fault either: errors beside fields, columns of a file, a preview, a record held back", async () => {
  const page = await desk.officer("canbobieu", "Cán bộ Biểu Mẫu", "officer", "keeper");
  const faults: string[] = [];
  const look = async (seen: Locator): Promise<void> => {
    await expect(seen.first()).toBeVisible();
    faults.push(...(await seriousFaults(page)));
  };
  await page.goto("/office/settings/contacts");
  await page.getByRole("button", { name: "Thêm hoặc sửa số" }).click();
  await look(page.locator(".field-error"));

  await page.goto("/office/rounds");
  await page.getByLabel("Ngày bắt đầu").fill("32/13/2026");
  await page.getByRole("button", { name: "Mở đợt", exact: true }).click();
  await look(page.locator("#e-starts"));

  await page.goto("/office/import");
  const csv = "Thôn,Số hộ,Chủ hộ,Họ và tên trẻ,Ngày sinh\n01,901,Chủ Giả,Trẻ Giả,2019\n";
  await page.locator("input[type=file]").setInputFiles({ name: "so.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: "Tải lên và xem các cột" }).click();
  await look(page.getByRole("button", { name: "Chạy thử" }));
  await page.getByLabel(/^Tên sổ/).fill("");
  await page.getByRole("button", { name: "Chạy thử" }).click();
  await look(page.locator("#e-source"));

  await page.goto("/office/decide?kind=values");
  await page.getByRole("button", { name: "Tìm các việc chắc chắn…" }).click();
  await heading(page, "Xử lý nhiều việc một lần");
  await look(page.getByRole("main"));

  await page.goto("/office/decide?kind=quarantine");
  await look(page.getByRole("region", { name: "Việc đang mở" }).getByRole("button"));
  expect(faults).toEqual([]);
});

test("in the dark and on paper the pages an officer reads most have no serious fault either", async () => {
  const page = await (await desk.browserOf()).newPage();
  await signIn(page, "canbo");
  await heading(page, "Hôm nay");
  const faults: string[] = [];
  for (const address of ["/office", "/office/decide?kind=values", "/office/register", "/office/forms/03-TE", `/office/rounds/${ROUND}`]) {
    await page.goto(address);
    await page.emulateMedia({ colorScheme: "dark" });
    faults.push(...(await seriousFaults(page)));
    await page.emulateMedia({ colorScheme: "light", media: "print" });
    faults.push(...(await seriousFaults(page, "paper")));
    // The menu is for the screen.
    await expect(page.getByRole("navigation", { name: "Các mục" })).toBeHidden();
    await page.emulateMedia({ media: "screen" });
  }
  expect(faults).toEqual([]);
});

test("without scripts an officer signs in, finds a household and decides", async () => {
  const page = await (await desk.browserOf({ javaScriptEnabled: false })).newPage();
  await signIn(page, "canbo");
  await heading(page, "Hôm nay");
  await page.getByRole("link", { name: "Sổ theo dõi" }).click();
  await page.getByRole("searchbox").fill("nong van chu 01.4");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: /Nông Văn Chủ 01\.4/ }).first()).toBeVisible();
  await page.goto("/office/decide?kind=values");
  await page.getByLabel(/0912000002/).check();
  await page.getByRole("button", { name: /^Quyết định/ }).click();
  await expect(page.getByText("Đã quyết định.").first()).toBeVisible();
});
