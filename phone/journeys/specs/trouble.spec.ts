/** Bad luck and bad input: each has a message in Vietnamese with the next step, and loses nothing. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { addHousehold, beginHousehold, expectAllSent } from "../support/errands.ts";
import {
  damageStore, deliver, EXCHANGE, outsideApp, removeDatabase, removePrivateFiles, seeded, shiftClock,
} from "../support/faults.ts";
import { enrol, finishVisit, openHousehold, stateLine, sync, toTab, unlock, write } from "../support/hands.ts";
import { journey, link } from "../support/journey.ts";
import { Office } from "../support/office.ts";
import { Phone, PIN } from "../support/phone.ts";

const HOUSEHOLD = { head: "Nguyễn Văn Giả Lập", number: "7" };
const EXCHANGE_MEDIA = "application/vnd.sothon.exchange+cbor";

/** Heads of the households that the office has. */
function headsAtOffice(office: Office): string[] {
  return [...office.run("export").matchAll(/"head_name":\s*"([^"]*)"/g)].map(([, head]) => head ?? "");
}

async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel("Mã ghi danh xã đã cấp").fill(code);
}

async function backToCode(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Quay lại" }).click();
  await page.getByRole("button", { name: "Quay lại" }).click();
}

async function choosePin(page: Page): Promise<void> {
  await page.getByLabel("Mã PIN mới").fill(PIN);
  await page.getByLabel("Nhập lại lần nữa").fill(PIN);
}

test("a code that is unknown, and one that was used, are told apart; what was typed stays", () =>
  journey(async (office, phone) => {
    const used = office.code("Điện thoại thứ nhất");
    const first = phone();
    await enrol(await first.start(`/#enrol=${used}`));
    await first.stop();

    const page = await phone().start();
    await typeCode(page, "AAAA-BBBB-CCCC");
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    const name = page.getByLabel("Tên người dùng máy và thôn");
    await name.fill("Người giả lập thứ hai");
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await choosePin(page);
    await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Mã ghi danh không đúng.");
    await expect(page.getByRole("alert")).toContainText("Kiểm tra lại từng ký tự");
    await expect(page.getByLabel("Mã PIN mới")).toHaveValue(PIN);

    await backToCode(page);
    await typeCode(page, used);
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await expect(name).toHaveValue("Người giả lập thứ hai");
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await choosePin(page);
    await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Mã ghi danh đã được một máy khác dùng.");
    await expect(page.getByRole("alert")).toContainText("Xin xã mã mới");

    await backToCode(page);
    await typeCode(page, office.code("Điện thoại thứ hai"));
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await choosePin(page);
    await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
    await expectAllSent(page);
  }));

test("an office that stops during enrolment is said; the same code then enrols, once", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await page.getByLabel("Tên người dùng máy và thôn").fill("Người giả lập");
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await choosePin(page);
    await office.stop();
    await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
    await expect(page.getByText("Đang ghi danh với xã")).toBeVisible();
    await expect(page.getByRole("alert")).toContainText("Không kết nối được với xã");
    await expect(page.getByRole("alert")).toContainText("Kiểm tra sóng rồi gửi lại");
    await office.serve();
    // The office hears the request and the answer is lost: the code is used, by this phone.
    let lost = 0;
    await page.context().route("**/v1/enrol", async (route) => {
      if (lost++ > 0) return route.fallback();
      expect((await deliver(route)).status).toBe(200);
      return route.abort("connectionreset");
    });
    await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
    await expectAllSent(page);
    expect(lost).toBe(2);
    expect(office.run("device", "list").match(/Điện thoại thôn 01/g)).toHaveLength(1);
  }));

/** Bytes that this origin uses. */
function used(page: Page): Promise<number> {
  return page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
}

test("a phone that is full says what to delete; with room again everything written is there, and more can be", () =>
  journey(async (office, phone) => {
    const mine = phone();
    const page = await mine.start(link(office));
    await enrol(page);
    await beginHousehold(page, HOUSEHOLD);
    const devtools = await mine.browser.newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: office.origin, quotaSize: await used(page) });
    await page.reload();
    await unlock(page);
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("Bộ nhớ của máy đã đầy nên chưa mở được sổ.");
    await expect(alert).toContainText("Những gì đã ghi vẫn còn nguyên trên máy này");
    await expect(alert).toContainText("Xoá bớt ảnh hoặc ứng dụng khác (đừng xoá ứng dụng này), rồi mở lại.");

    await devtools.send("Storage.overrideQuotaForOrigin", { origin: office.origin });
    await page.getByRole("button", { name: "Mở lại" }).click();
    await unlock(page);
    // The visit is open at the step where it was.
    await expect(page.getByLabel("Họ và tên chủ hộ")).toHaveValue(HOUSEHOLD.head);
    await write(page, "Địa chỉ", "Xóm Đồi Giả Lập");
    await finishVisit(page);
    await expect(page.getByText("Xóm Đồi Giả Lập")).toBeVisible();
  }));

test("a damaged store is set aside, listed and exportable; a new enrolment works beside it and deletes nothing", () =>
  journey(async (office, phone) => {
    const mine = phone();
    let page = await mine.start(link(office));
    await enrol(page);
    await addHousehold(page, HOUSEHOLD);
    await sync(page);
    await expectAllSent(page);
    await mine.stop();
    expect(damageStore(mine)).toBeGreaterThan(0);

    page = await mine.start();
    await unlock(page);
    await expect(page.getByRole("alert")).toContainText("Sổ trên máy này bị hỏng");
    await expect(page.getByRole("alert")).toContainText("Gọi cho xã để xin mã ghi danh mới");
    const kept = page.getByRole("listitem").filter({ hasText: "Sổ bị hỏng, đã cất riêng" });
    await expect(kept).toHaveCount(1);
    const download = page.waitForEvent("download");
    await kept.getByRole("button", { name: "Xuất ra tệp" }).click();
    expect((await download).suggestedFilename()).toMatch(/^so-thon-.*\.sothon$/);

    await typeCode(page, office.code("Máy thay thế"));
    await enrol(page);
    // What had been sent comes back, and the damaged store is still there.
    await openHousehold(page, HOUSEHOLD.head);
    await toTab(page, "Cài đặt");
    await expect(kept).toHaveCount(1);
    await mine.stop();
    page = await mine.start();
    await unlock(page);
    await toTab(page, "Cài đặt");
    await expect(page.getByRole("listitem").filter({ hasText: "Sổ bị hỏng, đã cất riêng" })).toHaveCount(1);
  }));

test("a store that the system has cleared is said to be gone, and the next step is a new code", () =>
  journey(async (office, phone) => {
    const mine = phone();
    const page = await mine.start(link(office));
    await enrol(page);
    await addHousehold(page, HOUSEHOLD);
    await sync(page);
    await expectAllSent(page);
    const told = async () => {
      await page.goto(office.origin);
      await expect(page.getByRole("alert")).toContainText("Sổ trên máy này đã bị xoá");
      await expect(page.getByRole("alert")).toContainText("Những gì đã gửi vẫn còn ở xã");
      await expect(page.getByRole("alert")).toContainText("Xin xã một mã ghi danh mới");
    };

    // The private files only: the lock beside them stays.
    await outsideApp(page, office.origin);
    await removePrivateFiles(page);
    await told();
    await typeCode(page, office.code("Máy ghi danh lại"));
    await enrol(page);
    await openHousehold(page, HOUSEHOLD.head);

    // Everything but a mark that there was a store.
    await outsideApp(page, office.origin);
    await removePrivateFiles(page);
    await removeDatabase(page);
    await told();
    await typeCode(page, office.code("Máy ghi danh lần ba"));
    await enrol(page);
    await openHousehold(page, HOUSEHOLD.head);
  }));

test("a browser without private files is refused with the name of one that has them", () =>
  journey(async (office, phone) => {
    const page = await phone((phone) => {
      phone.prepare = async (browser) => {
        await browser.addInitScript(() => Reflect.deleteProperty(StorageManager.prototype, "getDirectory"));
      };
    }).start(link(office));
    await expect(page.getByRole("heading", { name: "Trình duyệt này chưa dùng được" })).toBeVisible();
    await expect(page.getByRole("alert")).toContainText("Chrome bản 109 trở lên");
    await expect(page.getByRole("listitem")).toHaveText(["Chỗ lưu sổ an toàn trong máy (OPFS)"]);
    await expect(page.getByLabel("Mã ghi danh xã đã cấp")).toHaveCount(0);
  }));

test("a core that does not start says so, and what was recorded is there once it does", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await enrol(page);
    await addHousehold(page, HOUSEHOLD);
    // The app's kept files are gone and the module can't be fetched.
    await outsideApp(page, office.origin);
    await page.evaluate(async () => {
      for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await page.context().route("**/*.wasm", (route) => route.abort("failed"));
    await page.goto(office.origin);
    await unlock(page);
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("Những gì đã ghi vẫn còn nguyên trên máy này");
    await expect(alert).toContainText("tắt hẳn trình duyệt rồi mở lại");
    await expect(alert).toContainText("wasm_failed");
    await page.context().unroute("**/*.wasm");
    await page.getByRole("button", { name: "Mở lại" }).click();
    await unlock(page);
    await openHousehold(page, HOUSEHOLD.head);
  }));

test("an answer that is cut off is asked for again by itself, and nothing is counted twice", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await enrol(page);
    await addHousehold(page, HOUSEHOLD);
    let cut = 0;
    await page.context().route(EXCHANGE, async (route) => {
      if (cut > 0) return route.fallback();
      cut += 1;
      expect((await deliver(route)).status).toBe(200);
      return route.abort("connectionreset");
    });
    await sync(page);
    await expectAllSent(page);
    expect(cut).toBe(1);
    expect(headsAtOffice(office)).toEqual([HOUSEHOLD.head]);
  }));

test("an answer that is not the office's stops the sync with a reason; the next one carries everything", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await enrol(page);
    await expectAllSent(page);
    await page.context().route(EXCHANGE, (route) =>
      route.fulfill({ status: 200, contentType: EXCHANGE_MEDIA, body: Buffer.from("d9f0a1c3ff00ff00ff", "hex") }),
    );
    await addHousehold(page, HOUSEHOLD);
    await toTab(page, "Gửi – nhận");
    await page.getByRole("button", { name: "Gửi – nhận ngay" }).click();
    await expect(page.getByRole("alert")).toContainText("Câu trả lời không phải của máy chủ Sổ Thôn.");
    await expect(page.getByRole("alert")).toContainText("thử mạng khác");
    await expect(stateLine(page)).toContainText("Chưa gửi");
    await page.context().unroute(EXCHANGE);
    await sync(page);
    await expectAllSent(page);
    expect(headsAtOffice(office)).toEqual([HOUSEHOLD.head]);
  }));

const TWO_VILLAGES = [
  { code: "01", name: "Thôn Giả Lập Một" },
  { code: "02", name: "Thôn Giả Lập Hai" },
];

function deviceOf(office: Office): string {
  const device = /\b[0-9a-f]{16,64}\b/.exec(office.run("device", "list"))?.[0];
  if (!device) throw new Error("no device listed");
  return device;
}

test("what the office refuses is shown with the next step and never called sent, and is released when it may be", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await enrol(page);
    await expectAllSent(page);
    await office.stop();
    await addHousehold(page, HOUSEHOLD);
    office.run("device", "grant", deviceOf(office), "--village", "02");
    await office.serve();
    await toTab(page, "Gửi – nhận");
    await page.getByRole("button", { name: /^(Gửi – nhận ngay|Đang gửi – nhận…)$/ }).click();
    const refused = page.getByRole("region", { name: /^Xã trả lại: / }).getByRole("listitem")
      .filter({ hasText: "Máy này không được giao thôn đó." });
    await expect(refused).toContainText(HOUSEHOLD.head);
    await expect(refused).toContainText("Nhờ xã giao thôn cho máy này");
    await expect(stateLine(page)).toContainText(/Xã trả lại \d bản ghi/);
    await expect(page.getByText("Đã gửi hết lúc")).toHaveCount(0);
    await expect(page.getByText("Mọi điều đã ghi trên máy này đều đã được xã xác nhận.")).toHaveCount(0);
    await refused.getByRole("link").click();
    await expect(page.getByText(/^\d thay đổi của hộ này bị xã từ chối$/)).toBeVisible();

    office.run("device", "grant", deviceOf(office), "--village", "01", "--village", "02");
    await sync(page);
    await expectAllSent(page);
    await expect(refused).toHaveCount(0);
    expect(headsAtOffice(office)).toEqual([HOUSEHOLD.head]);
  }, TWO_VILLAGES));

test("a revoked phone is told whom to call, keeps what is unsent, and goes on recording", () =>
  journey(async (office, phone) => {
    const page = await phone().start(link(office));
    await enrol(page);
    await expectAllSent(page);
    await office.stop();
    await addHousehold(page, HOUSEHOLD);
    office.run("device", "revoke", deviceOf(office));
    await office.serve();
    await toTab(page, "Gửi – nhận");
    await page.getByRole("button", { name: /^(Gửi – nhận ngay|Đang gửi – nhận…)$/ }).click();
    await expect(page.getByRole("alert")).toContainText("Xã đã thu hồi quyền của máy này.");
    await expect(page.getByRole("alert")).toContainText("Gọi cho xã. Đừng xoá ứng dụng");
    await expect(page.getByText(/^Điều đã ghi: \d, ở 1 hộ$/)).toBeVisible();
    await addHousehold(page, { head: "Trần Thị Giả Lập", number: "8" });
    await openHousehold(page, HOUSEHOLD.head);
    await toTab(page, "Gửi – nhận");
    await expect(page.getByText(/^Điều đã ghi: \d, ở 2 hộ$/)).toBeVisible();
  }));

const YEAR_SECONDS = 365 * 24 * 3600;

for (const [name, years] of [["behind", -6], ["ahead", 5]] as const) {
  test(`a clock years ${name} is said after a sync; the day of a visit is still asked, and the visit arrives`, () =>
    journey(async (office, phone) => {
      const page = await phone((phone) => {
        phone.prepare = (browser) => shiftClock(browser, years * YEAR_SECONDS);
      }).start(link(office));
      await enrol(page);
      await expect(page.getByText("Đồng hồ của máy này lệch hơn một ngày")).toBeVisible();
      await expect(page.getByText("Hãy đặt lại ngày giờ trong phần cài đặt")).toBeVisible();
      await beginHousehold(page, HOUSEHOLD);
      await page.getByRole("button", { name: /^Bước \d\/\d: Xong$/ }).click();
      const day = page.getByRole("group", { name: "Ngày thăm" });
      await expect(day.getByLabel("Năm")).toHaveValue(/^\d{4}$/);
      await day.getByLabel("Ngày", { exact: true }).fill("2");
      await day.getByLabel("Tháng").fill("3");
      await day.getByLabel("Năm").fill("2019");
      await page.getByRole("button", { name: "Xong lần thăm" }).click();
      await expect(page.getByRole("listitem").filter({ hasText: "02/03/2019" })).toHaveCount(1);
      await sync(page);
      await expectAllSent(page);
      expect(headsAtOffice(office)).toEqual([HOUSEHOLD.head]);
    }));
}

test("the days of visits stay when the phone wakes in another time zone", () =>
  journey(async (office, phone) => {
    const mine = phone((phone) => (phone.timezone = "Pacific/Kiritimati"));
    let page = await mine.start(link(office));
    // 26 hours apart: never the same day.
    const day = new Intl.DateTimeFormat("en-CA", { timeZone: "Pacific/Kiritimati" }).format(new Date());
    const shown = day.split("-").reverse().join("/");
    await enrol(page);
    await addHousehold(page, HOUSEHOLD);
    await expect(page.getByRole("listitem").filter({ hasText: shown })).toHaveCount(1);
    await beginHousehold(page, { head: "Trần Thị Giả Lập", number: "8" });
    await expect(page.getByText("Đã lưu trên máy").first()).toBeVisible();
    await mine.stop();

    mine.timezone = "Etc/GMT+12";
    page = await mine.start();
    await unlock(page);
    await page.getByRole("link", { name: "Thăm tiếp" }).click();
    await finishVisit(page);
    await expect(page.getByRole("listitem").filter({ hasText: shown })).toHaveCount(1);
    await openHousehold(page, HOUSEHOLD.head);
    await expect(page.getByRole("listitem").filter({ hasText: shown })).toHaveCount(1);
  }));

test("a first load of 60 households comes to its end on a line that loses two requests in five", async () => {
  const program = join(import.meta.dirname, "../../../target/debug/sample-register");
  const office = Office.begin([{ code: "01", name: "Nà Phai" }]);
  const phone = new Phone(office);
  try {
    const register = office.path("register.csv");
    const [code, name] = execFileSync(program, ["--households", "60", "--villages", "1", register], { encoding: "utf8" })
      .trim().split("=");
    expect([code, name]).toEqual(["01", "Nà Phai"]);
    office.importFile(register);
    await office.serve();
    const chance = seeded(7);
    let asked = 0;
    let lost = 0;
    phone.prepare = async (browser) => {
      await browser.route(EXCHANGE, async (route) => {
        asked += 1;
        if (chance() >= 0.4) return route.fallback();
        lost += 1;
        // Every other time the office has heard it.
        if (lost % 2 === 0) await deliver(route);
        return route.abort("connectionreset");
      });
    };
    const page = await phone.start(`/#enrol=${office.code("Điện thoại thôn 01")}`);
    await enrol(page);
    await expectAllSent(page);
    const heads = new Set(headsAtOffice(office));
    await expect(page.getByRole("status").filter({ hasText: /^\d+ hộ$/ })).toHaveText(/^60 hộ$/);
    expect(heads.size).toBeGreaterThan(40);
    expect(lost).toBeGreaterThan(0);
    expect(asked).toBeGreaterThan(lost);
  } finally {
    await phone.end();
    await office.end();
  }
});
