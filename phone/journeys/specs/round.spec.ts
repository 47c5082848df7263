/** The close of a round: what is left, the village's own 03/TE, and the signed statement, on the phone and at the office. */

import { expect, type Page, test } from "@playwright/test";
import { Desk } from "../support/console.ts";
import { addHousehold, expectAllSent } from "../support/errands.ts";
import { beginVisit, enrol, finishVisit, sync, toStep, toTab, visitWriting } from "../support/hands.ts";
import { journey, link } from "../support/journey.ts";
import { day, type Office } from "../support/office.ts";
import { csv, households } from "../support/register.ts";

const AS_OF = "2026-11-20";
const FROM = "2025-11-21";
const REGISTER = households(4);
const DAY_MS = 86_400_000;

function openRound(office: Office): void {
  office.run(
    "round", "open", "--code", "2026-2", "--title", "Rà soát giả lập", "--starts", "2026-11-01", "--ends", "2026-12-05",
    "--as-of", AS_OF,
  );
}

interface Status {
  villages: { households: number; visited: number; signed: { changed_since?: number } | null; reopened: boolean }[];
}

function status(office: Office) {
  const { villages } = JSON.parse(office.run("round", "status", "--json")) as Status;
  return villages[0]!;
}

interface Table {
  lines: { label: string; values: { kind: string; children?: { least: number; most: number } }[] }[];
}

/** 03/TE of the village as the office counts it: label and cells of each line that counts children. */
function atOffice(office: Office): string[][] {
  const text = office.tryRun(
    "tally", "03/TE", "--village", "01", "--from", FROM, "--as-of", AS_OF, "--format", "json",
  );
  const { lines } = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) as Table;
  return lines
    .filter(({ values }) => values.some(({ kind }) => kind !== "heading"))
    .map(({ label, values }) => [
      label,
      ...values.map(({ children: cell }) =>
        cell ? (cell.least === cell.most ? `${cell.least}` : `${cell.least}–${cell.most}`) : "…",
      ),
    ]);
}

/** The same, as the phone's table shows it. */
function onPhone(page: Page): Promise<string[][]> {
  return page.getByRole("table").evaluate((table) =>
    [...table.querySelectorAll("tbody tr")]
      .filter((row) => row.querySelector("td"))
      .map((row) => [
        (row.querySelector("th")?.lastChild?.textContent ?? "").trim(),
        ...[...row.querySelectorAll("td")].map((cell) => {
          const shown = cell.querySelector("[aria-hidden]") ?? cell;
          return (shown.textContent ?? "").trim();
        }),
      ]),
  );
}

test("the phone hears of a round, shows what is left, and its 03/TE is the office's, cell by cell", () =>
  journey(async (office, phone) => {
    office.import(csv(REGISTER));
    const page = await phone().start(link(office));
    await enrol(page);
    await toTab(page, "Đợt rà soát");
    await expect(page.getByText("Xã chưa mở đợt rà soát nào.").first()).toBeVisible();
    openRound(office);
    await sync(page);
    await toTab(page, "Đợt rà soát");
    await expect(page.getByRole("heading", { level: 1, name: "Rà soát giả lập" })).toBeVisible();
    await expect(page.getByText("0/4 hộ")).toBeVisible();
    await expect(page.getByRole("region", { name: "Chưa thăm (4)" })).toBeVisible();

    const family = REGISTER[0]!;
    await beginVisit(page, family.head);
    await toStep(page, "Hoàn cảnh");
    await page.getByRole("button", { name: /tiếp tục$/i }).click();
    await page.getByRole("button", { name: "Thêm hoàn cảnh" }).click();
    await page.getByRole("button", { name: "Trẻ khuyết tật" }).click();
    await page.getByRole("radio", { name: /^Nặng/ }).check();
    await page.getByRole("button", { name: "Ghi vào sổ" }).click();
    await finishVisit(page);
    await addHousehold(page, { head: "Trần Thị Giả Lập", number: "50" });
    await sync(page);
    await expectAllSent(page);
    await toTab(page, "Đợt rà soát");
    await expect(page.getByText("2/5 hộ")).toBeVisible();
    await expect(page.getByRole("region", { name: "Chưa thăm (3)" })).not.toContainText(family.head);
    expect(status(office)).toMatchObject({ households: 5, visited: 2 });

    await page.getByRole("button", { name: "Xem biểu" }).click();
    await page.getByRole("checkbox", { name: "Hiện cả những dòng bằng 0" }).check();
    await expect(page.getByRole("table")).toBeVisible();
    const here = await onPhone(page);
    expect(here).toEqual(atOffice(office));
    expect(here.length).toBeGreaterThan(50);
    // The child with a severe disability is in both.
    expect(here.filter(([, total]) => total === "1").length).toBeGreaterThan(0);
  }));

test("a statement signed without a network arrives; what changes after it is told on both sides; it can be reopened", () =>
  journey(async (office, phone) => {
    office.import(csv(REGISTER));
    openRound(office);
    const page = await phone().start(link(office));
    await enrol(page);
    await office.stop();
    await toTab(page, "Đợt rà soát");
    await page.getByRole("button", { name: "Tôi đã rà soát thôn mình" }).click();
    await expect(page.getByRole("dialog")).toContainText("0/4 hộ đã thăm");
    await page.getByRole("dialog").getByRole("button", { name: "Tôi xác nhận" }).click();
    const section = page.getByRole("region", { name: "Xác nhận đã rà soát" });
    await expect(section).toContainText("Đang chờ gửi");
    await office.serve();
    await sync(page);
    await expectAllSent(page);
    await toTab(page, "Đợt rà soát");
    await expect(section).toContainText("Đã đến xã");
    expect(status(office).signed).not.toBeNull();
    expect(status(office)).toMatchObject({ reopened: false });

    await visitWriting(page, REGISTER[1]!.head, "Số điện thoại", "0912000111");
    await sync(page);
    await expectAllSent(page);
    await toTab(page, "Đợt rà soát");
    await expect(section).toContainText("1 hộ đã thay đổi từ khi xác nhận.");
    expect(status(office).signed).toMatchObject({ changed_since: 1 });

    await section.getByRole("button", { name: "Mở lại để rà soát tiếp" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Mở lại để rà soát tiếp" }).click();
    await expect(section.getByRole("button", { name: "Tôi đã rà soát thôn mình" })).toBeVisible();
    await sync(page);
    await expectAllSent(page);
    expect(status(office)).toMatchObject({ reopened: true });
  }));

test("three days before the last one the phone says what is left; signing off ends it, until the commune reminds the village", () =>
  journey(async (office, phone) => {
    office.import(csv(REGISTER));
    const [starts, ends] = [-10, 3].map((days) => day(Date.now() + days * DAY_MS)) as [string, string];
    office.run("round", "open", "--code", "gan", "--title", "Đợt giả lập", "--starts", starts, "--ends", ends, "--as-of", ends);
    const page = await phone().start(link(office));
    await enrol(page);
    const card = page.locator(".notice", { hasText: "Đợt giả lập: còn 3 ngày" });
    await expect(card).toContainText("Còn 4 hộ chưa thăm.");
    await expect(card).toContainText("Máy này chưa xác nhận đã rà soát.");
    await card.getByRole("link", { name: "Đợt rà soát" }).click();
    await page.getByRole("button", { name: "Tôi đã rà soát thôn mình" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Tôi xác nhận" }).click();
    await toTab(page, "Thôn của tôi");
    await expect(card).toHaveCount(0);

    // At the office an officer reminds the village of the households that are left.
    await sync(page);
    await expectAllSent(page);
    const desk = await Desk.beside(office);
    const officer = await desk.officer();
    await officer.goto("/office/remind");
    await officer.getByRole("button", { name: /^Nhắc Thôn Giả Lập Một/ }).click();
    await expect(officer.getByText("Đã nhắc Thôn Giả Lập Một.")).toBeVisible();
    await desk.close();
    await sync(page);
    await toTab(page, "Thôn của tôi");
    await expect(card).toContainText(`Xã nhắc ngày ${day(Date.now()).split("-").reverse().join("/")}.`);
    await expect(card).not.toContainText("chưa xác nhận");
  }));
