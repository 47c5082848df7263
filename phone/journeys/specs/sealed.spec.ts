/** A restricted circumstance: sealed in the moment it is told, counted at the office, readable nowhere else. */

import { expect, test } from "@playwright/test";
import { expectAllSent } from "../support/errands.ts";
import { filesWith } from "../support/faults.ts";
import { beginVisit, enrol, finishVisit, sync, toStep } from "../support/hands.ts";
import { journey, link } from "../support/journey.ts";
import type { Office } from "../support/office.ts";
import { csv, households } from "../support/register.ts";

/** A word that is in no text of the app. */
const MARKER = "suốivắnggiảlập";

interface Counted {
  lines: { code: string; values: { children?: { least: number; most: number } }[] }[];
}

/** Children in a line of 03/TE. */
function counted(office: Office, line: string, ...more: string[]): unknown {
  const text = office.tryRun("tally", "03/TE", "--as-of", "2026-11-20", "--format", "json", ...more);
  const table = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) as Counted;
  return table.lines.find(({ code }) => code === line)?.values[0]?.children;
}

test("what is sealed in a visit stays as a day and a state; the office counts it with its key, the phone never", () =>
  journey(async (office, phone) => {
    const [family] = households(1);
    office.import(csv([family!]));
    const mine = phone();
    const page = await mine.start(link(office));
    await enrol(page);
    await expectAllSent(page);
    await office.stop();
    await beginVisit(page, family!.head);
    await toStep(page, "Hoàn cảnh");
    await page.getByRole("button", { name: /tiếp tục$/i }).click();
    await page.getByRole("button", { name: "Thêm hoàn cảnh" }).click();
    await page.getByRole("button", { name: "Trẻ bị xâm hại tình dục" }).click();
    await page.getByRole("radio", { name: "Chưa rõ, không hỏi thêm" }).check();
    await page.getByRole("button", { name: "Tiếp tục: báo kín" }).click();
    await page.getByLabel("Điều cán bộ cần biết").fill(`Chuyện nghe kể: ${MARKER}`);
    await page.getByRole("group", { name: "Từ khi nào?" }).getByLabel("Năm").fill("2025");
    await page.getByRole("button", { name: "Niêm phong", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Niêm phong", exact: true }).click();
    await expect(page.getByText("Hộ này có 1 báo cáo kín.")).toBeVisible();
    await finishVisit(page);

    const sealed = page.getByRole("region", { name: "Báo cáo kín" }).getByRole("listitem");
    await expect(sealed).toHaveCount(1);
    await expect(sealed).toContainText(/Báo cáo kín ngày \d+\/\d+\/2026/);
    await expect(sealed).toContainText("Đang chờ gửi");
    const body = page.locator("body");
    await expect(body).not.toContainText(MARKER);
    await expect(body).not.toContainText("xâm hại tình dục");
    await office.serve();
    await sync(page);
    await expectAllSent(page);
    await page.getByRole("link", { name: "Thôn của tôi" }).click();
    await expect(page.getByRole("link", { name: family!.head })).toContainText("1 báo cáo kín");
    await page.getByRole("link", { name: family!.head }).click();
    await expect(sealed).toContainText("Đã gửi đến xã");
    await expect(body).not.toContainText(MARKER);

    expect(counted(office, "II.11")).toMatchObject({ least: 0 });
    expect(counted(office, "II.11", "--confidential-key", office.path("confidential.key"))).toMatchObject({ least: 1, most: 1 });
    expect(office.run("export")).not.toContain(MARKER);
    await mine.stop();
    expect(filesWith(mine, MARKER)).toEqual([]);
  }));
