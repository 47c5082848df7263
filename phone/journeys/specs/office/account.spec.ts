/** Accounts: the first one without a default password, guessing slowed down, sessions that end, roles. */

import { expect, test } from "@playwright/test";
import { Desk, heading, PASSWORD, signIn, typeSignIn } from "../../support/console.ts";

test.describe.configure({ mode: "serial" });

let desk: Desk;
test.beforeAll(async () => {
  desk = await Desk.open();
});
test.afterAll(() => desk.end());

test("the first account is made with a code from the keeper; an easy password is refused and nothing typed is lost", async () => {
  const code = desk.invite("Người giữ máy", "keeper", "officer");
  const page = await (await desk.browserOf()).newPage();
  await page.goto("/office");
  await heading(page, "Đăng nhập văn phòng xã");
  await expect(page.getByText("Sổ này chưa có tài khoản nào.")).toBeVisible();
  await page.getByRole("link", { name: "Nhập mã mời" }).click();

  await page.getByLabel("Mã mời").fill("AAAA-AAAA-AAAA");
  await page.getByLabel(/^Họ và tên/).fill("Người giữ máy");
  await page.getByLabel(/^Tên đăng nhập/).fill("giumay");
  await page.getByLabel(/^Mật khẩu mới/).fill("ngắn");
  await page.getByLabel("Nhập lại mật khẩu mới").fill("khác");
  await page.getByRole("button", { name: "Tạo tài khoản" }).click();
  await expect(page.locator("#e-again")).toHaveText("Hai lần nhập mật khẩu không giống nhau.");
  await expect(page.getByLabel(/^Tên đăng nhập/)).toHaveValue("giumay");
  await expect(page.getByLabel(/^Họ và tên/)).toHaveValue("Người giữ máy");

  await page.getByLabel("Mã mời").fill(code);
  await page.getByLabel(/^Mật khẩu mới/).fill("11112222333344");
  await page.getByLabel("Nhập lại mật khẩu mới").fill("11112222333344");
  await page.getByRole("button", { name: "Tạo tài khoản" }).click();
  await expect(page.locator("#e-password")).toContainText("không quá đơn giản");
  await expect(page.getByLabel("Mã mời")).toHaveValue(code);

  await page.getByLabel(/^Mật khẩu mới/).fill(PASSWORD);
  await page.getByLabel("Nhập lại mật khẩu mới").fill(PASSWORD);
  await page.getByRole("button", { name: "Tạo tài khoản" }).click();
  await heading(page, "Hôm nay");
  const cookies = await page.context().cookies();
  expect(cookies.filter(({ name }) => name.includes("sothon") && !name.includes("language"))).toMatchObject([
    { httpOnly: true, secure: true, sameSite: "Strict" },
  ]);

  // The code was for one person, once.
  const other = await (await desk.browserOf()).newPage();
  await other.goto("/office/invitation");
  await other.getByLabel("Mã mời").fill(code);
  await other.getByLabel(/^Họ và tên/).fill("Người khác");
  await other.getByLabel(/^Tên đăng nhập/).fill("nguoikhac");
  await other.getByLabel(/^Mật khẩu mới/).fill(PASSWORD);
  await other.getByLabel("Nhập lại mật khẩu mới").fill(PASSWORD);
  await other.getByRole("button", { name: "Tạo tài khoản" }).click();
  await expect(other.locator("#e-code")).toHaveText("Mã mời không đúng, đã dùng rồi hoặc đã hết hạn.");
});

test("a keeper without the officer's role sees the set-up and none of the register", async () => {
  const page = await desk.officer("chigiumay", "Chỉ giữ máy", "keeper");
  await page.goto("/office");
  await expect(page).toHaveURL(/\/office\/settings$/);
  const answer = await page.goto("/office/register");
  expect(answer?.status()).toBe(403);
  await expect(page.getByText("không có quyền vào mục này")).toBeVisible();
  await expect(page.getByRole("link", { name: "Sổ theo dõi" })).toHaveCount(0);
});

test("an officer who is signed out goes on where they were; a form from elsewhere is refused", async () => {
  const page = await desk.officer("canbo", "Cán bộ Giả Lập");
  await page.getByRole("button", { name: "Đăng xuất" }).click();
  await page.goto("/office/rounds");
  await heading(page, "Đăng nhập văn phòng xã");
  await typeSignIn(page, "canbo", PASSWORD);
  await heading(page, "Đợt rà soát");
  expect((await page.context().request.post("/office/rounds", { form: { code: "x" } })).status()).toBe(403);
});

test("a session that ended in the middle of a form is taken up again and what was typed is kept", async () => {
  const page = await (await desk.browserOf()).newPage();
  await signIn(page, "canbo");
  await heading(page, "Hôm nay");
  await page.goto("/office/rounds");
  await page.getByLabel(/^Tên đợt/).fill("Đợt gõ dở dang");
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Mở đợt", exact: true }).click();
  await expect(page.getByText("Phiên làm việc đã hết")).toBeVisible();
  await typeSignIn(page, "canbo", PASSWORD);
  // Nobody signs what they do not see: it may have been somebody else's.
  await expect(page.getByText("Đợt gõ dở dang")).toBeVisible();
  await page.getByRole("button", { name: "Gửi tiếp biểu này" }).click();
  await expect(page.getByLabel(/^Tên đợt/)).toHaveValue("Đợt gõ dở dang");
});

test("somebody who guesses has to wait, even with the right password", async () => {
  const page = await (await desk.browserOf()).newPage();
  for (let guess = 0; guess < 5; guess++) {
    await signIn(page, "canbo", `không phải mật khẩu ${guess}`);
    await expect(page.locator("#e-password")).toBeVisible();
    await expect(page.getByLabel("Tên đăng nhập")).toHaveValue("canbo");
  }
  await signIn(page, "canbo");
  await expect(page.locator("#e-password")).toContainText("Đã thử sai nhiều lần.");
  // Somebody who does not exist is told the same as somebody who does.
  await signIn(page, "khongcoai", "không phải mật khẩu");
  await expect(page.locator("#e-password")).toHaveText("Sai tên đăng nhập hoặc mật khẩu.");
});
