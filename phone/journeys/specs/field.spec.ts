/** A day on foot: no network, an empty battery in the middle, and in the evening everything arrives. */

import { expect, test } from "@playwright/test";
import { beginNewHousehold, beginVisit, change, enrol, finishVisit, installed, openHousehold, stateLine, sync, toStep, toTab, unlock, visitWriting, write } from "../support/hands.ts";
import { day, Office } from "../support/office.ts";
import { Phone } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";

const ROUND = "dot-gia-lap";

test("ten visits without the office, one of them through an empty battery, all arrive and another phone has them", async () => {
  const all = households(10);
  const [first, ...others] = all.slice(0, 8);
  const added = all.slice(8);
  if (!first) throw new Error("ten households");
  const phoneOf = (number: string) => `09000000${number.padStart(2, "0")}`;
  const office = Office.begin();
  const phone = new Phone(office);
  const second = new Phone(office);
  try {
    office.import(csv(all.slice(0, 8)));
    office.openRound(ROUND);
    await office.serve();
    let page = await phone.start(`/#enrol=${office.code("Máy đi thăm")}`);
    await enrol(page);
    await expect(page.getByRole("status").filter({ hasText: "8 hộ" })).toBeVisible();
    await installed(page);

    await office.stop();
    await page.reload();
    expect(await page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
    await unlock(page);
    await beginVisit(page, first.head);
    await change(page, "Hộ này");
    await write(page, "Số điện thoại", phoneOf(first.number));
    await toStep(page, "Từng trẻ");
    await change(page, "Đi học");
    await write(page, "Trường", "Trường Tiểu học Giả Lập");
    await write(page, "Lớp", "2A");
    await toStep(page, "Ghi chú");
    const note = page.getByLabel("Dặn cho lần thăm sau");
    // The finger is still in the field.
    await note.pressSequentially("Hỏi lại giấy khai sinh");
    await expect(page.getByText("Đã lưu trên máy")).toBeVisible();
    await phone.kill();

    page = await phone.start();
    await unlock(page);
    await expect(page.getByText("Đang thăm dở (1)")).toBeVisible();
    await page.getByRole("link", { name: /Thăm tiếp/ }).click();
    await expect(page.getByLabel("Dặn cho lần thăm sau")).toHaveValue("Hỏi lại giấy khai sinh");
    await toStep(page, "Từng trẻ");
    await change(page, "Đi học");
    await expect(page.getByLabel("Trường", { exact: true })).toHaveValue("Trường Tiểu học Giả Lập");
    await expect(page.getByLabel("Lớp", { exact: true })).toHaveValue("2A");
    await toStep(page, "Ai đang ở đây");
    await change(page, "Hộ này");
    await expect(page.getByLabel("Số điện thoại")).toHaveValue(phoneOf(first.number));
    await finishVisit(page);

    for (const { head, number } of others) await visitWriting(page, head, "Số điện thoại", phoneOf(number));
    for (const household of added) {
      await beginNewHousehold(page, household);
      await write(page, "Số điện thoại", phoneOf(household.number));
      await finishVisit(page);
    }
    await toTab(page, "Thôn của tôi");
    await expect(page.getByText("10/10 hộ")).toBeVisible();
    await expect(stateLine(page)).toContainText("Chưa gửi");
    await toTab(page, "Gửi – nhận");
    await expect(page.getByText(/^Điều đã ghi: \d+, ở 10 hộ$/)).toBeVisible();

    await office.serve();
    await sync(page);
    await expect(stateLine(page)).toContainText("Đã gửi hết lúc");
    await expect(page.getByText("Mọi điều đã ghi trên máy này đều đã được xã xác nhận.")).toBeVisible();

    const there = await second.start(`/#enrol=${office.code("Máy thứ hai")}`);
    await enrol(there, "Người giả lập thứ hai");
    await expect(there.getByText("10/10 hộ")).toBeVisible();
    for (const { head, number } of [first, ...added]) {
      await openHousehold(there, head);
      await expect(there.getByRole("link", { name: `Gọi ${phoneOf(number)}` })).toBeVisible();
    }

    expect(office.run("verify")).toContain("all is well");
    const today = day(Date.now());
    const register = office.register().map(({ village, household, children, visits }) => ({
      village, household, children: Object.values(children), visits: Object.values(visits),
    }));
    const visit = { date: today, result: "met", round: ROUND };
    const expected = all.map(({ number, head, address, child, born }) => ({
      village: "01",
      household: { number, head_name: head, address, phone: phoneOf(number) },
      children: [
        number === first.number
          ? { name: child, birth_date: born, school: "Trường Tiểu học Giả Lập", class: "2A" }
          : { name: child, birth_date: born },
      ],
      visits: [number === first.number ? { ...visit, note: "Hỏi lại giấy khai sinh" } : visit],
    }));
    register.sort((a, b) => Number(a.household["number"]) - Number(b.household["number"]));
    expect(register).toEqual(expected);
  } finally {
    await phone.end();
    await second.end();
    await office.end();
  }
});
