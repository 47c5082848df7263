/** A newer app on a phone with work that nobody else has. */

import { expect, test } from "@playwright/test";
import { beginVisit, change, enrol, fact, finishVisit, installed, openHousehold, stateLine, sync, toStep, unlock, visitWriting, write } from "../support/hands.ts";
import { Office } from "../support/office.ts";
import { Phone } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";
import { NEW_TAB, newerVersion } from "../support/version.ts";

test("a newer app waits for the end of the visit and the collector's word, and takes unsent work with it", async () => {
  const [done, open] = households(2) as [ReturnType<typeof households>[number], ReturnType<typeof households>[number]];
  const office = Office.begin();
  const phone = new Phone(office);
  try {
    office.import(csv([done, open]));
    await office.serve();
    const page = await phone.start(`/#enrol=${office.code("Máy giả lập")}`);
    await enrol(page);
    await installed(page);
    await office.stop();
    await page.reload();
    await unlock(page);
    await visitWriting(page, done.head, "Số điện thoại", "0900000001");
    await beginVisit(page, open.head);
    await change(page, "Hộ này");
    await write(page, "Số điện thoại", "0900000002");
    await toStep(page, "Ghi chú");

    // The newer version is fetched while the sổ is closed; then the office is gone again.
    await office.serve(newerVersion(office.path("newer")));
    await page.reload();
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state))
      .toBe("installed");
    await expect(page.getByRole("heading", { name: "Sổ đang khóa" })).toBeVisible();
    await office.stop();
    await unlock(page);
    const banner = page.getByRole("status").filter({ hasText: "Bản mới đã sẵn sàng" });
    await expect(page.getByLabel("Dặn cho lần thăm sau")).toBeVisible();
    await expect(banner).toBeHidden();
    await write(page, "Dặn cho lần thăm sau", "Ghi bằng bản cũ");
    await page.getByRole("button", { name: "Tạm dừng, thăm tiếp sau" }).click();
    await expect(banner).toBeVisible();
    await expect(page.getByRole("link", { name: NEW_TAB })).toHaveCount(0);

    await banner.getByRole("button", { name: "Dùng bản mới" }).click();
    await expect(page.getByRole("heading", { name: "Sổ đang khóa" })).toBeVisible();
    await unlock(page);
    await expect(page.getByRole("link", { name: NEW_TAB })).toBeVisible();
    await expect(banner).toBeHidden();
    await expect(stateLine(page)).toContainText("Chưa gửi");
    await page.getByRole("button", { name: "Thăm tiếp" }).click();
    await expect(page.getByLabel("Dặn cho lần thăm sau")).toHaveValue("Ghi bằng bản cũ");
    await finishVisit(page);
    await expect(fact(page, "Số điện thoại")).toContainText("0900000002");
    await openHousehold(page, done.head);
    await expect(fact(page, "Số điện thoại")).toContainText("0900000001");

    await office.serve(office.path("newer"));
    await sync(page);
    await expect(stateLine(page)).toContainText("Đã gửi hết lúc");
    const phones = office.register().map(({ household }) => household["phone"]).sort();
    expect(phones).toEqual(["0900000001", "0900000002"]);
    expect(office.register().flatMap(({ visits }) => Object.values(visits).map(({ note }) => note))).toContain("Ghi bằng bản cũ");
  } finally {
    await phone.end();
    await office.end();
  }
});
