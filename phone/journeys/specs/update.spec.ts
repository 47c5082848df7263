/** A newer app on a phone with work that nobody else has. */

import { expect, type Page, test } from "@playwright/test";
import { beginVisit, change, enrol, fact, finishVisit, installed, openHousehold, stateLine, sync, toStep, unlock, visitWriting, write } from "../support/hands.ts";
import { Office } from "../support/office.ts";
import { Phone } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";
import { NEW_TAB, newerVersion } from "../support/version.ts";

const [DONE, OPEN] = households(2) as [ReturnType<typeof households>[number], ReturnType<typeof households>[number]];

/**
 * A phone with a finished and an open visit that nobody else has, the sổ closed, the newer version fetched and
 * waiting, and the office gone.
 */
async function waiting(run: (office: Office, phone: Phone, page: Page) => Promise<void>): Promise<void> {
  const office = Office.begin();
  const phone = new Phone(office);
  try {
    office.import(csv([DONE, OPEN]));
    await office.serve();
    const page = await phone.start(`/#enrol=${office.code("Máy giả lập")}`);
    await enrol(page);
    await installed(page);
    await office.stop();
    await page.reload();
    await unlock(page);
    await visitWriting(page, DONE.head, "Số điện thoại", "0900000001");
    await beginVisit(page, OPEN.head);
    await change(page, "Hộ này");
    await write(page, "Số điện thoại", "0900000002");
    await toStep(page, "Ghi chú");
    await write(page, "Dặn cho lần thăm sau", "Ghi bằng bản cũ");

    await office.serve(newerVersion(office.path("newer")));
    await page.reload();
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state))
      .toBe("installed");
    await expect(page.getByRole("heading", { name: "Sổ đang khóa" })).toBeVisible();
    await office.stop();
    await run(office, phone, page);
  } finally {
    await phone.end();
    await office.end();
  }
}

/** Goes on with the visit by the page's own offer, ends it, and sends everything with the newer version. */
async function finishAndSend(office: Office, page: Page): Promise<void> {
  await expect(stateLine(page)).toContainText("Chưa gửi");
  await expect(page.getByLabel("Dặn cho lần thăm sau")).toHaveValue("Ghi bằng bản cũ");
  await finishVisit(page);
  await expect(fact(page, "Số điện thoại")).toContainText("0900000002");
  await expect(page.getByRole("link", { name: NEW_TAB })).toBeVisible();
  await openHousehold(page, DONE.head);
  await expect(fact(page, "Số điện thoại")).toContainText("0900000001");

  await office.serve(office.path("newer"));
  await sync(page);
  await expect(stateLine(page)).toContainText("Đã gửi hết lúc");
  expect(office.register().map(({ household }) => household["phone"]).sort()).toEqual(["0900000001", "0900000002"]);
  const notes = office.register().flatMap(({ visits }) => Object.values(visits).map(({ note }) => note));
  expect(notes).toContain("Ghi bằng bản cũ");
}

test("a newer app waits for the end of the visit and the collector's word, and takes unsent work with it", async () => {
  await waiting(async (office, _, page) => {
    await unlock(page);
    const banner = page.getByRole("status").filter({ hasText: "Bản mới đã sẵn sàng" });
    await expect(page.getByLabel("Dặn cho lần thăm sau")).toBeVisible();
    await expect(banner).toBeHidden();
    await page.getByRole("button", { name: "Tạm dừng, thăm tiếp sau" }).click();
    await expect(banner).toBeVisible();
    await expect(page.getByRole("link", { name: NEW_TAB })).toHaveCount(0);

    await banner.getByRole("button", { name: "Dùng bản mới" }).click();
    await expect(page.getByRole("heading", { name: "Sổ đang khóa" })).toBeVisible();
    await unlock(page);
    await expect(page.getByRole("link", { name: NEW_TAB })).toBeVisible();
    await expect(banner).toBeHidden();
    await page.getByRole("button", { name: "Thăm tiếp" }).click();
    await finishAndSend(office, page);
  });
});

test("an empty battery while a newer app waits leaves one whole app, old or new, and all the work", async () => {
  await waiting(async (office, phone) => {
    await phone.kill();
    const page = await phone.start();
    await unlock(page);
    const banner = page.getByRole("status").filter({ hasText: "Bản mới đã sẵn sàng" });
    const isNew = page.getByRole("link", { name: NEW_TAB });
    // Which of the two is the browser's choice: nothing was open that the newer one could have interrupted.
    await expect(banner.or(isNew)).toBeVisible();
    if (await banner.isVisible()) {
      await banner.getByRole("button", { name: "Dùng bản mới" }).click();
      await unlock(page);
    }
    await expect(isNew).toBeVisible();
    await page.getByRole("link", { name: /Thăm tiếp/ }).click();
    await finishAndSend(office, page);
  });
});
