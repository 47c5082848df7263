/** Signed work leaves a phone whose sổ is closed: by hand, by the browser, in a file. */

import { readFileSync } from "node:fs";
import { type CDPSession, expect, type Page, test } from "@playwright/test";
import { beginVisit, change, enrol, fact, installed, lock, openHousehold, stateLine, sync, toTab, unlock, visitWriting, write } from "../support/hands.ts";
import { Office } from "../support/office.ts";
import { Phone } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";

const [HOUSE] = households(1) as [ReturnType<typeof households>[number]];
const NUMBER = "0900000001";

/** A phone with one visit that only it knows, and an office that is gone. */
async function unsent(run: (office: Office, phone: Phone, page: Page) => Promise<void>): Promise<void> {
  const office = Office.begin();
  const phone = new Phone(office);
  try {
    office.import(csv([HOUSE]));
    await office.serve();
    const page = await phone.start(`/#enrol=${office.code("Máy giả lập")}`);
    await enrol(page);
    await installed(page);
    await office.stop();
    await visitWriting(page, HOUSE.head, "Số điện thoại", NUMBER);
    await run(office, phone, page);
  } finally {
    await phone.end();
    await office.end();
  }
}

/** The telephone number as the office has it. */
function atOffice(office: Office): unknown {
  return office.register()[0]?.household["phone"];
}

/** Urgent reports that have arrived. */
function reports(office: Office): number {
  return (JSON.parse(office.run("urgent", "list", "--json")) as unknown[]).length;
}

/** By the lock screen, reading what will happen before it does. */
async function forgetPin(page: Page): Promise<void> {
  await page.getByText("Quên mã PIN?").click();
  await expect(page.getByText("Không ai mở lại được sổ này nếu không có mã PIN.", { exact: false })).toBeVisible();
  await expect(page.getByText("Những gì chưa gửi vẫn được niêm phong cho xã", { exact: false })).toBeVisible();
  await expect(page.getByText("Sổ cũ được cất riêng, không xoá", { exact: false })).toBeVisible();
  await page.getByRole("button", { name: "Cất sổ này và ghi danh lại" }).click();
  const sure = page.getByRole("dialog", { name: "Bắt đầu lại trên máy này?" });
  await sure.getByRole("button", { name: "Cất sổ này và ghi danh lại" }).click();
  await expect(page.getByRole("heading", { name: "Nhập mã ghi danh" })).toBeVisible();
}

test("with the PIN forgotten, unsent work goes to the office from the lock screen, and a new enrolment brings it back", async () => {
  await unsent(async (office, _, page) => {
    await lock(page);
    await expect(page.getByText("Chưa gửi: 1 việc, đã niêm phong cho xã")).toBeVisible();
    await page.getByRole("button", { name: "Gửi về xã" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "Không kết nối được với xã" })).toBeVisible();
    await office.serve();
    expect(atOffice(office)).toBeUndefined();
    await page.getByRole("button", { name: "Gửi về xã" }).click();
    await expect(page.getByText(/^Xã đã nhận lúc/)).toBeVisible();
    expect(atOffice(office)).toBe(NUMBER);

    await forgetPin(page);
    await expect(page.getByText("Sổ đã quên mã PIN, đã cất riêng")).toBeVisible();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Xuất ra tệp" }).click();
    await (await saved).saveAs(office.path("kept.sothon"));
    expect(readFileSync(office.path("kept.sothon")).includes(NUMBER)).toBe(false);

    await page.getByLabel("Mã ghi danh xã đã cấp").fill(office.code("Máy giả lập, ghi danh lại"));
    await enrol(page, "Người giả lập", "615243");
    await openHousehold(page, HOUSE.head);
    await expect(fact(page, "Số điện thoại")).toContainText(NUMBER);
    await expect(stateLine(page)).toContainText("Đã gửi hết lúc");
    await toTab(page, "Cài đặt");
    await expect(page.getByText("Sổ đã quên mã PIN, đã cất riêng")).toBeVisible();
    expect(office.run("verify")).toContain("all is well");
  });
});

test("the letter of a forgotten sổ, with a visit under way, goes with the first sync of the new one", async () => {
  await unsent(async (office, _, page) => {
    await beginVisit(page, HOUSE.head);
    await change(page, "Hộ này");
    await write(page, "Địa chỉ", "Xóm Suối, chưa thăm xong");
    await page.getByRole("button", { name: "Tạm dừng, thăm tiếp sau" }).click();
    await lock(page);
    await forgetPin(page);
    await office.serve();
    await page.getByLabel("Mã ghi danh xã đã cấp").fill(office.code("Máy giả lập, ghi danh lại"));
    await enrol(page, "Người giả lập", "615243");
    await expect.poll(() => atOffice(office)).toBe(NUMBER);
    await sync(page);
    await openHousehold(page, HOUSE.head);
    await expect(fact(page, "Số điện thoại")).toContainText(NUMBER);
    await expect(fact(page, "Địa chỉ")).toContainText("Xóm Suối, chưa thăm xong");
  });
});

test("an urgent report made without a network leaves the locked phone by itself when there is one", async () => {
  await unsent(async (office, phone, page) => {
    await office.serve();
    await phone.browser.setOffline(true);
    await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
    await page.getByRole("button", { name: /^Bỏ rơi, bỏ mặc/ }).click();
    await page.getByLabel("Chuyện gì đã xảy ra?").fill("Chuyện giả lập, không có thật");
    await page.getByRole("button", { name: "Gửi báo cáo" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Gửi ngay" }).click();
    await expect(page.getByText("Đang chờ gửi").first()).toBeVisible();
    await page.getByRole("link", { name: "Xong" }).click();
    await lock(page);
    await expect(page.getByText("Trong đó có báo cáo khẩn: 1.")).toBeVisible();
    expect(reports(office)).toBe(0);
    await phone.browser.setOffline(false);
    await expect(page.getByText(/^Xã đã nhận lúc/)).toBeVisible();
    expect(reports(office)).toBe(1);
    expect(atOffice(office)).toBe(NUMBER);
  });
});

/** Wakes the service worker as the browser does when it sees a network. */
async function wake(session: CDPSession, origin: string): Promise<void> {
  const registration = new Promise<string>((told) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const ours = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin));
      if (ours) told(ours.registrationId);
    });
  });
  await session.send("ServiceWorker.enable");
  const registrationId = await registration;
  await session.send("ServiceWorker.dispatchSyncEvent", { origin, registrationId, tag: "sothon-letter", lastChance: false });
}

test("the browser sends the letter by itself when it wakes the service worker, with the app closed", async () => {
  await unsent(async (office, phone, page) => {
    await lock(page);
    await expect(page.getByText("Chưa gửi: 1 việc, đã niêm phong cho xã")).toBeVisible();
    const elsewhere = await phone.browser.newPage();
    await page.close();
    await office.serve();
    await wake(await phone.browser.newCDPSession(elsewhere), office.origin);
    await expect.poll(() => atOffice(office)).toBe(NUMBER);

    await elsewhere.goto(office.origin);
    await expect(elsewhere.getByText(/^Xã đã nhận lúc/)).toBeVisible();
    await unlock(elsewhere);
    await expect(stateLine(elsewhere)).toContainText("Đã gửi hết lúc");
  });
});

test("a backup file gives the office what was unsent, and goes on in another phone with the PIN", async () => {
  await unsent(async (office, _, page) => {
    const another = new Phone(office);
    try {
      await toTab(page, "Cài đặt");
      const saved = page.waitForEvent("download");
      await page.getByRole("button", { name: "Xuất tệp sao lưu" }).click();
      const download = await saved;
      expect(download.suggestedFilename()).toMatch(/^so-thon-.*\.sothon$/);
      const file = office.path("backup.sothon");
      await download.saveAs(file);
      await expect(page.getByRole("status").filter({ hasText: "Đã xuất tệp sao lưu." })).toBeVisible();
      expect(readFileSync(file).includes(NUMBER)).toBe(false);
      office.run("letter", file);
      expect(atOffice(office)).toBe(NUMBER);

      await office.serve();
      const there = await another.start();
      await there.getByRole("button", { name: "Khôi phục từ tệp sao lưu" }).click();
      await there.getByLabel("Tệp sao lưu").setInputFiles(file);
      await there.getByLabel("Mã PIN lúc xuất tệp").fill("999111");
      await there.getByRole("button", { name: "Khôi phục" }).click();
      await expect(there.getByRole("alert").filter({ hasText: "Mã PIN không đúng." })).toBeVisible();
      await there.getByLabel("Mã PIN lúc xuất tệp").fill("739284");
      await there.getByRole("button", { name: "Khôi phục" }).click();
      await openHousehold(there, HOUSE.head);
      await expect(fact(there, "Số điện thoại")).toContainText(NUMBER);
      await sync(there);
      await visitWriting(there, HOUSE.head, "Địa chỉ", "Xóm Suối");
      await sync(there);
      await expect(stateLine(there)).toContainText("Đã gửi hết lúc");
      expect(office.register()[0]?.household).toMatchObject({ phone: NUMBER, address: "Xóm Suối" });
      expect(office.run("verify")).toContain("all is well");
    } finally {
      await another.end();
    }
  });
});
