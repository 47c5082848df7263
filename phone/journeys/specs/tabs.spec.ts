/** The app open twice on one phone: one has the sổ, and another may take it without losing anything. */

import { expect, test } from "@playwright/test";
import { beginVisit, change, enrol, fact, finishVisit, openHousehold, toStep, unlock, visitWriting, write } from "../support/hands.ts";
import { Office } from "../support/office.ts";
import { Phone } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";

test("a second tab says where the sổ is, takes it over on request, and goes on with the first one's visit", async () => {
  const [house, other] = households(2) as [ReturnType<typeof households>[number], ReturnType<typeof households>[number]];
  const office = Office.begin();
  const phone = new Phone(office);
  try {
    office.import(csv([house, other]));
    await office.serve();
    const first = await phone.start(`/#enrol=${office.code("Máy giả lập")}`);
    await enrol(first);
    await beginVisit(first, house.head);
    await change(first, "Hộ này");
    await write(first, "Số điện thoại", "0900000001");
    await toStep(first, "Ghi chú");
    await write(first, "Dặn cho lần thăm sau", "Ghi ở thẻ thứ nhất");

    const second = await phone.browser.newPage();
    await second.goto(office.origin);
    await expect(second.getByRole("heading", { name: "Sổ đang mở ở nơi khác" })).toBeVisible();
    await expect(first.getByLabel("Dặn cho lần thăm sau")).toBeVisible();

    await second.getByRole("button", { name: "Dùng ở đây" }).click();
    await expect(second.getByRole("heading", { name: "Sổ đang khóa" })).toBeVisible();
    await expect(first.getByRole("heading", { name: "Sổ đang mở ở nơi khác" })).toBeVisible();
    await expect(first.getByText("0900000001")).toHaveCount(0);

    await unlock(second);
    await second.getByRole("link", { name: /Thăm tiếp/ }).click();
    await expect(second.getByLabel("Dặn cho lần thăm sau")).toHaveValue("Ghi ở thẻ thứ nhất");
    await finishVisit(second);
    await expect(fact(second, "Số điện thoại")).toContainText("0900000001");
    await visitWriting(second, other.head, "Số điện thoại", "0900000002");

    // And back again, by the same button.
    await first.getByRole("button", { name: "Dùng ở đây" }).click();
    await expect(second.getByRole("heading", { name: "Sổ đang mở ở nơi khác" })).toBeVisible();
    await unlock(first);
    // It was in a visit that has since been finished in the other tab: the village is where one goes on.
    await expect(first.getByRole("searchbox")).toBeVisible();
    await openHousehold(first, other.head);
    await expect(fact(first, "Số điện thoại")).toContainText("0900000002");
  } finally {
    await phone.end();
    await office.end();
  }
});
