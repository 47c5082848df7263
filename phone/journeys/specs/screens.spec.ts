/**
 * Every screen, by day and by night: no serious violation of an accessibility rule, and a picture to look at in
 * `shots/`. The journey behind them is as short as shows them all.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { expectAllSent } from "../support/errands.ts";
import { damageStore, EXCHANGE, outsideApp } from "../support/faults.ts";
import { beginVisit, change, enrol, finishVisit, lock, openHousehold, sync, toStep, toTab, unlock, visitWriting, write } from "../support/hands.ts";
import { Office } from "../support/office.ts";
import { Phone, PIN } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";

const SHOTS = join(import.meta.dirname, "../shots");
const REGISTER = households(40).map((family, at) => ({ ...family, born: `20${13 + (at % 10)}-03-${10 + (at % 18)}` }));
const [FIRST, SECOND, THIRD] = REGISTER.map(({ head }) => head) as [string, string, string];

for (const light of ["light", "dark"] as const) {
  test(`every screen can be read and used by everybody: ${light}`, async () => {
    test.setTimeout(420_000);
    mkdirSync(SHOTS, { recursive: true });
    const office = Office.begin([
      { code: "01", name: "Thôn Giả Lập Một" },
      { code: "02", name: "Thôn Giả Lập Hai" },
    ]);
    const phone = new Phone(office, light === "dark");
    const other = new Phone(office, light === "dark");
    phone.scale = 1;
    const seen: string[] = [];
    const violations: string[] = [];

    /** Looks at the screen as it is now. */
    async function look(page: Page, name: string, { at = "top" }: { at?: "top" | "here" } = {}): Promise<void> {
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByText("Đang mở…")).toHaveCount(0);
      await expect(page.locator(".toast")).toHaveCount(0);
      if (at === "top") await page.evaluate(() => scrollTo(0, 0));
      seen.push(name);
      await page.screenshot({ path: join(SHOTS, `${name}-${light}.png`) });
      const { violations: found } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      for (const { id, impact, nodes } of found) {
        if (impact === "serious" || impact === "critical") {
          violations.push(`${name}: ${id} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
        }
      }
    }

    try {
      office.import(csv(REGISTER));
      office.run("contact", "set", "Công an xã (giả lập)", "0900000113");
      await office.serve();

      // Before the store is open.
      phone.prepare = async (browser) => {
        await browser.addInitScript(() => {
          if (location.hash === "#cu") Reflect.deleteProperty(StorageManager.prototype, "getDirectory");
        });
      };
      let page = await phone.start("/#cu");
      await expect(page.getByRole("heading", { name: "Trình duyệt này chưa dùng được" })).toBeVisible();
      await look(page, "unsupported");
      await page.context().route("**/*.wasm", (route) => route.abort("failed"));
      await outsideApp(page, office.origin);
      await page.evaluate(async () => {
        for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
        for (const name of await caches.keys()) await caches.delete(name);
      });
      await page.goto(office.origin);
      await expect(page.getByRole("heading", { name: "Ứng dụng gặp trục trặc" })).toBeVisible();
      await look(page, "broken");
      await page.context().unroute("**/*.wasm");
      await page.getByRole("button", { name: "Mở lại" }).click();

      await expect(page.getByLabel("Mã ghi danh xã đã cấp")).toBeVisible();
      await look(page, "enrol-code");
      await page.getByRole("button", { name: "Khôi phục từ tệp sao lưu" }).click();
      await look(page, "restore");
      await page.getByRole("button", { name: "Quay lại" }).click();
      await page.getByLabel("Mã ghi danh xã đã cấp").fill(office.code("Điện thoại thôn 01", "01"));
      await page.getByRole("button", { name: "Tiếp tục" }).click();
      await look(page, "enrol-name");
      await page.getByLabel("Tên người dùng máy và thôn").fill("Người giả lập, thôn 01");
      await page.getByRole("button", { name: "Tiếp tục" }).click();
      await page.getByLabel("Mã PIN mới").fill(PIN);
      await page.getByLabel("Nhập lại lần nữa").fill(PIN);
      await expect(page.getByText("Mã này dùng được")).toBeVisible();
      await look(page, "enrol-pin");
      await page.context().route(EXCHANGE, (route) => route.abort("connectionreset"));
      await page.getByRole("button", { name: "Ghi danh", exact: true }).click();
      await expect(page.getByRole("heading", { name: "Đã ghi danh" })).toBeVisible();
      await expect(page.getByText("Máy sẽ tự thử lại")).toBeVisible();
      await look(page, "first-load");
      await page.context().unroute(EXCHANGE);

      // The village, another phone that writes the same field, and the conflict.
      await expect(page.getByRole("status").filter({ hasText: /^40 hộ$/ })).toBeVisible();
      office.run(
        "round", "open", "--code", "2026-2", "--title", "Rà soát cuối năm (giả lập)", "--starts", "2026-11-01", "--ends",
        "2026-12-05", "--as-of", "2026-11-20",
      );
      const second = await other.start(`/#enrol=${office.code("Điện thoại của chị Giả Lập", "01")}`);
      await enrol(second, "Người giả lập khác");
      await sync(page);
      await visitWriting(second, FIRST, "Số điện thoại", "0900 000 001");
      await visitWriting(page, FIRST, "Số điện thoại", "0900 000 002");
      await sync(second);
      await sync(page);
      await expectAllSent(page);
      await look(page, "sync-done");
      await toTab(page, "Thôn của tôi");
      const later = page.getByRole("button", { name: "Để sau" });
      if (await later.isVisible()) await later.click();
      await look(page, "village");
      await page.getByRole("button", { name: /^Chưa thống nhất/ }).click();
      await look(page, "village-filtered");
      await page.getByRole("button", { name: /^Chưa thống nhất/ }).click();
      await page.getByRole("searchbox").fill("khong ai nhu the");
      await expect(page.getByText("Không có hộ nào như vậy")).toBeVisible();
      await look(page, "village-none-found");
      await page.getByRole("button", { name: "Hiện tất cả" }).click();
      await openHousehold(page, FIRST);
      await look(page, "household-conflict");
      await page.getByRole("link", { name: "Số điện thoại: xem ai ghi gì" }).click();
      await expect(page.getByText("Nhiều người ghi khác nhau")).toBeVisible();
      await look(page, "values");
      await page.getByRole("button", { name: /cái này đúng$/ }).first().click();
      await look(page, "values-decide");
      await page.getByRole("dialog").getByRole("button", { name: "Thôi" }).click();
      await page.getByRole("button", { name: "Để sau" }).click();

      // A visit, step by step.
      await beginVisit(page, SECOND);
      await look(page, "visit-people");
      await change(page, "Hộ này");
      await look(page, "visit-household-fields");
      await page.getByRole("button", { name: /: có thay đổi$/ }).first().click();
      await look(page, "visit-person");
      await page.getByRole("button", { name: "Về danh sách người trong nhà" }).click();
      await page.getByRole("link", { name: "Trẻ mới sinh" }).click();
      await look(page, "visit-newborn");
      await page.getByRole("button", { name: "Xong, về danh sách người" }).click();
      await toStep(page, "Từng trẻ");
      await look(page, "visit-child");
      await toStep(page, "Hoàn cảnh");
      await look(page, "visit-poverty");
      await page.getByRole("button", { name: /tiếp tục$/i }).click();
      await look(page, "visit-circumstances");
      await page.getByRole("button", { name: "Thêm hoàn cảnh" }).click();
      await look(page, "find-groups");
      await page.getByRole("button", { name: "Trẻ khuyết tật" }).click();
      await page.getByRole("radio", { name: /^Nặng/ }).check();
      await look(page, "find-questions");
      await page.getByRole("button", { name: "Ghi vào sổ" }).click();
      await expect(page.getByText("Tìm trẻ ở đâu?")).toBeVisible();
      await look(page, "visit-circumstance-written");
      await page.getByRole("button", { name: "Thêm hoàn cảnh" }).click();
      await page.getByRole("button", { name: "Trẻ bị xâm hại tình dục" }).click();
      await page.getByRole("radio", { name: "Chưa rõ, không hỏi thêm" }).check();
      await page.getByRole("button", { name: "Tiếp tục: báo kín" }).click();
      await look(page, "seal");
      await page.getByRole("button", { name: "Niêm phong", exact: true }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Niêm phong", exact: true }).click();
      await expect(page.getByText("Hộ này có 1 báo cáo kín.")).toBeVisible();
      await toStep(page, "Trợ giúp");
      await look(page, "visit-supports");
      await toStep(page, "Ghi chú");
      await look(page, "visit-notes");
      await toStep(page, "Xong");
      await look(page, "visit-finish");
      await finishVisit(page);
      await look(page, "household");

      // A visit that stays open, and urgent reports without a network.
      await beginVisit(page, THIRD);
      await change(page, "Hộ này");
      await write(page, "Số điện thoại", "0900 000 003");
      await page.getByRole("button", { name: "Tạm dừng, thăm tiếp sau" }).click();
      await office.stop();
      await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
      await look(page, "urgent");
      await page.getByRole("button", { name: "Tai nạn, thương tích" }).click();
      await page.getByLabel("Chuyện gì đã xảy ra?").fill("Ngã ao gần nhà, đã vớt lên, còn tỉnh (giả lập).");
      await look(page, "urgent-form");
      await page.getByRole("button", { name: "Gửi báo cáo" }).click();
      await look(page, "urgent-sure");
      await page.getByRole("button", { name: "Gửi ngay" }).click();
      await expect(page.getByRole("heading", { name: "Đã ghi báo cáo khẩn" })).toBeVisible();
      await look(page, "urgent-sent");
      await page.getByRole("link", { name: "Xong" }).click();
      await toTab(page, "Thôn của tôi");
      await look(page, "village-draft");
      await toTab(page, "Gửi – nhận");
      await expect(page.getByText("Máy sẽ tự thử lại")).toBeVisible();
      await look(page, "sync-waiting");
      await lock(page);
      await look(page, "lock");
      await unlock(page);
      await office.serve();

      // What the office refuses, and the close of the round.
      const device = /\b[0-9a-f]{16,64}\b/.exec(
        office.run("device", "list").split("\n").find((line) => line.includes("Điện thoại thôn 01")) ?? "",
      )?.[0];
      office.run("device", "grant", device ?? "", "--village", "02");
      await toTab(page, "Gửi – nhận");
      await page.getByRole("button", { name: "Gửi – nhận ngay" }).click();
      await expect(page.getByRole("region", { name: /^Xã trả lại/ })).toBeVisible();
      await look(page, "refused");
      office.run("device", "grant", device ?? "", "--village", "01");
      await sync(page);
      await toTab(page, "Đợt rà soát");
      await expect(page.getByRole("progressbar")).toBeVisible();
      await look(page, "round");
      await page.getByRole("button", { name: "Xem biểu" }).click();
      await expect(page.getByRole("table")).toBeVisible();
      await page.getByRole("table").scrollIntoViewIfNeeded();
      await look(page, "round-form", { at: "here" });
      await page.getByRole("button", { name: "Tôi đã rà soát thôn mình" }).click();
      await look(page, "round-sign");
      await page.getByRole("dialog").getByRole("button", { name: "Tôi xác nhận" }).click();
      await expect(page.getByText(/^Đã xác nhận \d/)).toBeVisible();
      await look(page, "round-signed");

      await toTab(page, "Cài đặt");
      await expect(page.getByText("Số hiệu máy")).toBeVisible();
      await look(page, "settings");
      await page.getByRole("link", { name: "Đổi mã PIN" }).click();
      await look(page, "settings-pin");
      await page.getByRole("button", { name: "Quay lại" }).click();
      await page.getByRole("link", { name: "Giới thiệu" }).click();
      await look(page, "settings-about");
      const tab = await page.context().newPage();
      await tab.goto(office.origin);
      await expect(tab.getByRole("heading", { name: "Sổ đang mở ở nơi khác" })).toBeVisible();
      await look(tab, "elsewhere");
      await phone.stop();

      expect(damageStore(phone)).toBeGreaterThan(0);
      page = await phone.start();
      await unlock(page);
      await expect(page.getByText("Sổ cũ còn giữ trên máy")).toBeVisible();
      await look(page, "damaged");

      expect(violations).toEqual([]);
      expect(new Set(seen).size).toBe(seen.length);
    } catch (failure) {
      console.log(`after ${seen.at(-1)}:\n${await phone.seen()}\n${violations.join("\n")}`);
      throw failure;
    } finally {
      await other.end();
      await phone.end();
      await office.end();
    }
  });
}
