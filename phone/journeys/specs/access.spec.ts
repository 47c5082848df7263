/** By keyboard alone, on a narrow screen, and in large letters. */

import { expect, type Locator, type Page, test } from "@playwright/test";
import { expectAllSent } from "../support/errands.ts";
import { beginVisit, enrol, lock, openHousehold, toStep, toTab } from "../support/hands.ts";
import { journey } from "../support/journey.ts";
import type { Office } from "../support/office.ts";
import { PIN } from "../support/phone.ts";
import { csv, households } from "../support/register.ts";

/** More stops than any page has. */
const STOPS_MAX = 120;

/** Tabs until the focus is on what is sought, and on the way is shown wherever it is. */
async function tabTo(page: Page, sought: Locator): Promise<void> {
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    if (await sought.evaluate((element) => element === document.activeElement).catch(() => false)) {
      await expectShown(page);
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`${sought} can't be reached by Tab`);
}

/** The element in focus is drawn so that one sees it, and within the window. */
async function expectShown(page: Page): Promise<void> {
  const shown = await page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused) return "nothing";
    const marks = [focused, focused.closest("label")].filter((element) => element !== null);
    const isMarked = marks.some((element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
    });
    const { top, bottom } = focused.getBoundingClientRect();
    if (!isMarked) return "without an outline";
    return bottom > 0 && top < innerHeight ? "shown" : "outside the window";
  });
  expect(shown).toBe("shown");
}

async function press(page: Page, sought: Locator, key: "Enter" | "Space" = "Enter"): Promise<void> {
  await expect(sought).toBeVisible();
  await tabTo(page, sought);
  await page.keyboard.press(key);
}

async function type(page: Page, sought: Locator, text: string): Promise<void> {
  await expect(sought).toBeVisible();
  await tabTo(page, sought);
  await page.keyboard.type(text);
}

async function expectAtHeading(page: Page, name: string | RegExp): Promise<void> {
  const heading = page.getByRole("heading", { level: 1, name });
  await expect(heading).toBeVisible();
  await expect(heading).toBeFocused();
}

const REGISTER = households(3);

function village(office: Office): string {
  office.import(csv(REGISTER));
  return `/#enrol=${office.code("Điện thoại thôn 01", "01")}`;
}

test("everything from enrolment to sending is done with the keyboard alone; the focus is seen and goes to the heading", () =>
  journey(async (office, phone) => {
    const page = await phone().start(village(office));
    const button = (name: string | RegExp) => page.getByRole("button", { name });
    await press(page, button("Tiếp tục"));
    await type(page, page.getByLabel("Tên người dùng máy và thôn"), "Người giả lập");
    await page.keyboard.press("Enter");
    await type(page, page.getByLabel("Mã PIN mới"), PIN);
    await type(page, page.getByLabel("Nhập lại lần nữa"), PIN);
    await expect(page.getByText("Mã này dùng được")).toBeVisible();
    await expect(page.getByRole("button", { name: "Ghi danh", exact: true })).toBeEnabled();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("searchbox")).toBeVisible();

    const family = REGISTER[1]!;
    await type(page, page.getByRole("searchbox"), "hoang van binh");
    await expect(page.getByText("Tìm thấy 1 hộ")).toBeVisible();
    await press(page, page.getByRole("link", { name: family.head }));
    await expectAtHeading(page, family.head);
    await press(page, button("Bắt đầu thăm"), "Space");
    await expectAtHeading(page, "Ai đang ở đây");
    await press(page, button(/: Ghi chú$/));
    await expectAtHeading(page, "Ghi chú");
    await type(page, page.getByLabel("Ghi chú về hộ"), "Ghi bằng bàn phím");
    await press(page, button(/tiếp tục$/i));
    await expectAtHeading(page, "Xong");
    const result = page.getByRole("group", { name: "Kết quả" }).getByRole("radio");
    await tabTo(page, result.first());
    await page.keyboard.press("ArrowDown");
    await expect(result.nth(1)).toBeChecked();
    await page.keyboard.press("ArrowUp");
    await expect(result.first()).toBeChecked();
    await press(page, button("Xong lần thăm"));
    await expectAtHeading(page, family.head);
    await press(page, page.getByRole("link", { name: "Gửi – nhận" }));
    await expectAtHeading(page, "Gửi – nhận");
    await press(page, button("Gửi – nhận ngay"), "Space");
    await expectAllSent(page);
    expect(office.run("export")).toContain("Ghi bằng bàn phím");
  }));

/** What is wider than the window, or whose text does not fit into it; elements that scroll by themselves excepted. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) wrong.push(`the page is ${scrollWidth} wide in ${clientWidth}`);
    const scrolls = (element: Element) => {
      for (let at: Element | null = element; at; at = at.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(at).overflowX) && at !== document.documentElement && at !== document.body) return true;
      }
      return false;
    };
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      if (!text || element.closest(".spoken") || element.getClientRects().length === 0) continue;
      const name = `${element.tagName.toLowerCase()}.${element.className}: ${element.textContent?.trim().slice(0, 40)}`;
      const { left, right } = element.getBoundingClientRect();
      if ((left < -1 || right > clientWidth + 1) && !scrolls(element)) wrong.push(`outside: ${name}`);
      const { overflowX, overflowY, display } = getComputedStyle(element);
      const cuts = display !== "inline" && !/auto|scroll|visible/.test(`${overflowX}`);
      if (cuts && element.scrollWidth > element.clientWidth + 1) wrong.push(`cut: ${name}`);
      if (display !== "inline" && /hidden|clip/.test(overflowY) && element.scrollHeight > element.clientHeight + 1) wrong.push(`cut: ${name}`);
    }
    return wrong;
  });
}

test("at 320 px and with letters twice as large nothing is cut and no page scrolls sideways", () =>
  journey(async (office, phone) => {
    office.run(
      "round", "open", "--code", "2026-2", "--title", "Đợt rà soát cuối năm giả lập", "--starts", "2026-11-01", "--ends",
      "2026-12-05", "--as-of", "2026-11-20",
    );
    const page = await phone((phone) => (phone.width = 320)).start(village(office));
    const fits = async (where: string) => expect.poll(() => overflowing(page), { message: where }).toEqual([]);
    await fits("enrolment");
    await enrol(page);
    for (const size of ["Thường", "Lớn nhất"]) {
      await toTab(page, "Cài đặt");
      await page.getByRole("radio", { name: size, exact: true }).check();
      await fits(`settings, ${size}`);
      await toTab(page, "Thôn của tôi");
      await fits(`village, ${size}`);
      await openHousehold(page, REGISTER[0]!.head);
      await fits(`household, ${size}`);
      await toTab(page, "Thôn của tôi");
      await beginVisit(page, REGISTER[0]!.head);
      for (const step of ["Ai đang ở đây", "Từng trẻ", "Hoàn cảnh", "Trợ giúp", "Ghi chú", "Xong"] as const) {
        await toStep(page, step);
        await fits(`${step}, ${size}`);
      }
      await page.getByRole("button", { name: "Tạm dừng, thăm tiếp sau" }).click();
      await expect(page.getByRole("button", { name: /Bắt đầu thăm|Thăm tiếp/ })).toBeVisible();
      await page.getByRole("link", { name: "Báo khẩn cấp" }).click();
      await fits(`urgent, ${size}`);
      await page.getByRole("button", { name: "Quay lại" }).click();
      await toTab(page, "Đợt rà soát");
      await fits(`round, ${size}`);
      await toTab(page, "Gửi – nhận");
      await fits(`sending, ${size}`);
    }
    await lock(page);
    await fits("lock");
  }));
