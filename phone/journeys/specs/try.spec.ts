import { test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { Office } from "../support/office.ts";
import { Phone } from "../support/phone.ts";
import { enrol } from "../support/hands.ts";

test("try", async () => {
  const office = Office.begin();
  office.run("round", "open", "--code", "2026-2", "--title", "Đợt rà soát giả lập", "--starts", "2026-11-01", "--ends", "2026-12-05", "--as-of", "2026-11-20");
  await office.serve("/tmp/dist1");
  const phone = new Phone(office);
  const page = await phone.start("/#enrol=" + office.code("Điện thoại thôn 01"));
  page.on("console", (m) => console.log("console:", m.type(), m.text()));
  page.on("pageerror", (e) => console.log("pageerror:", e));
  page.on("requestfailed", (r) => console.log("failed:", r.url(), r.failure()?.errorText));
  try {
    await enrol(page);
    console.log(await page.locator("body").ariaSnapshot());
    await page.screenshot({ path: "/tmp/shots/try2.png" });
    await page.getByRole("button", { name: "Thêm hộ mới" }).click();
    await page.waitForTimeout(1500);
    console.log(await page.locator("body").ariaSnapshot());
    await page.screenshot({ path: "/tmp/shots/try3.png" });
  } catch (e) {
    console.log(await page.locator("body").ariaSnapshot());
    await page.screenshot({ path: "/tmp/shots/tryfail.png" });
    throw e;
  } finally {
    await phone.end();
    await office.end();
  }
});
