/** The PIN: what is too weak, what is wrong, what happens when the phone lies there, and that nothing is lost by it. */

import { expect, type Page, test } from "@playwright/test";
import { beginVisit, change, enrol, finishVisit, lock, openHousehold, toStep, toTab, unlock, write } from "../support/hands.ts";
import { Office } from "../support/office.ts";
import { Phone, PIN } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";

const [HOUSE] = households(1) as [ReturnType<typeof households>[number]];
const LOCKED = { name: "Sổ đang khóa" };

/** An office with one household, and a phone that has opened the link. */
async function linked(run: (page: Page) => Promise<void>): Promise<void> {
  const office = Office.begin();
  const phone = new Phone(office);
  try {
    office.import(csv([HOUSE]));
    await office.serve();
    await run(await phone.start(`/#enrol=${office.code("Máy giả lập")}`));
  } finally {
    await phone.end();
    await office.end();
  }
}

test("a PIN that is guessed first is refused at enrolment, with the reason", async () => {
  await linked(async (page) => {
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    await page.getByLabel("Tên người dùng máy và thôn").fill("Người giả lập");
    await page.getByRole("button", { name: "Tiếp tục" }).click();
    const go = page.getByRole("button", { name: "Ghi danh", exact: true });
    for (const [pin, reason] of [
      ["48213", "Còn ngắn"],
      ["777777", "lặp lại một ký tự"],
      ["456789", "các số theo thứ tự"],
      ["190568", "giống một ngày tháng"],
    ] as const) {
      await page.getByLabel("Mã PIN mới").fill(pin);
      await page.getByLabel("Nhập lại lần nữa").fill(pin);
      await expect(page.getByRole("status").filter({ hasText: reason })).toBeVisible();
      await expect(go).toBeDisabled();
    }
    await page.getByLabel("Mã PIN mới").fill(PIN);
    await expect(page.getByText("Hai lần nhập chưa giống nhau.")).toBeVisible();
    await expect(go).toBeDisabled();
    await page.getByLabel("Nhập lại lần nữa").fill(PIN);
    await expect(go).toBeEnabled();
  });
});

test("wrong PINs are told, slowed down, and still counted after a reload; the right one opens", async () => {
  await linked(async (page) => {
    await enrol(page);
    await lock(page);
    for (const wrong of ["100200", "200300"]) {
      await unlock(page, wrong);
      await expect(page.getByRole("alert").filter({ hasText: "Mã PIN không đúng." })).toBeVisible();
      await expect(page.getByLabel("Mã PIN", { exact: true })).toHaveValue("");
    }
    await page.reload();
    await unlock(page, "300400");
    await expect(page.getByText(/^Chờ \d+ giây rồi thử lại$/)).toBeVisible();
    await expect(page.getByText("Sổ vẫn còn nguyên, không bị xoá.", { exact: false })).toBeVisible();
    await expect(page.getByRole("button", { name: "Mở sổ" })).toBeDisabled();
    await page.reload();
    await expect(page.getByText(/^Chờ \d+ giây rồi thử lại$/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Mở sổ" })).toBeDisabled();
    // The wait is the Worker's own: it is waited for, as a person would.
    await expect(page.getByRole("button", { name: "Mở sổ" })).toBeEnabled();
    await unlock(page);
    await openHousehold(page, HOUSE.head);
    // One that was right begins the count anew.
    await lock(page);
    await unlock(page, "100200");
    await expect(page.getByRole("alert").filter({ hasText: "Mã PIN không đúng." })).toBeVisible();
    await expect(page.getByRole("button", { name: "Mở sổ" })).toBeEnabled();
  });
});

test("a phone that is not touched locks itself, and a visit goes on at the same place with what was typed", async () => {
  await linked(async (page) => {
    await page.clock.install();
    await enrol(page);
    await beginVisit(page, HOUSE.head);
    await change(page, "Hộ này");
    await write(page, "Số điện thoại", "0900000001");
    await toStep(page, "Ghi chú");
    const note = page.getByLabel("Dặn cho lần thăm sau");
    await note.pressSequentially("Mang theo mẫu đơn");
    // Five minutes by default, from the last touch; what is typed and not yet written is written before.
    await page.clock.fastForward("04:50");
    await expect(note).toBeVisible();
    await page.clock.fastForward("00:20");
    await expect(page.getByRole("heading", LOCKED)).toBeVisible();
    await expect(page.getByText("0900000001")).toHaveCount(0);

    await unlock(page);
    await expect(note).toHaveValue("Mang theo mẫu đơn");
    await toStep(page, "Ai đang ở đây");
    await expect(page.getByText("0900000001")).toBeVisible();
    await finishVisit(page);
    await expect(page.getByText("Mang theo mẫu đơn")).toBeVisible();
    await expect(page.getByRole("link", { name: "Gọi 0900000001" })).toBeVisible();
  });
});

test("a changed PIN opens the sổ and the old one no longer does", async () => {
  await linked(async (page) => {
    const changed = "507162";
    await enrol(page);
    await toTab(page, "Cài đặt");
    await page.getByRole("link", { name: "Đổi mã PIN" }).click();
    const change = page.getByRole("button", { name: "Đổi mã PIN" });
    await page.getByLabel("Mã PIN mới").fill(changed);
    await page.getByLabel("Nhập lại lần nữa").fill(changed);
    await page.getByLabel("Mã PIN đang dùng").fill("111222");
    await change.click();
    await expect(page.getByRole("alert").filter({ hasText: "Mã PIN không đúng." })).toBeVisible();
    await page.getByLabel("Mã PIN đang dùng").fill(PIN);
    await change.click();
    await expect(page.getByRole("status").filter({ hasText: "Đã đổi mã PIN" })).toBeVisible();
    await lock(page);
    await unlock(page, PIN);
    await expect(page.getByRole("alert").filter({ hasText: "Mã PIN không đúng." })).toBeVisible();
    await unlock(page, changed);
    await openHousehold(page, HOUSE.head);
  });
});
