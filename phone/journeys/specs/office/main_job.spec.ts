/** An officer before the commune of `cargo xtask run`: what the console shows is what the command line says of the same register. */

import { expect, type Page, test } from "@playwright/test";
import { Desk, heading, seriousFaults } from "../../support/console.ts";
import { grouped, onScreen } from "../../support/figures.ts";
import { Office } from "../../support/office.ts";

test.describe.configure({ mode: "serial", timeout: 600_000 });

/** The period of the commune's form. */
const [FROM, AS_OF] = ["2023-11-21", "2024-11-20"];
const FORM = `/office/forms/03-TE?from=${FROM}&as_of=${AS_OF}`;
const VILLAGES = 16;

let desk: Desk;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.over(Office.ofMainJob());
  page = await desk.officer("canbo", "Cán bộ Giả Lập", "officer");
});
test.afterAll(() => desk.end());

interface Bounds {
  least: number;
  most: number;
}

type Value =
  | { kind: "children"; children: Bounds }
  | { kind: "percent"; tenths: Bounds | null }
  | { kind: "typed"; value?: string }
  | { kind: "heading" };

interface Tally {
  lines: { code: string; label: string; values: Value[] }[];
}

interface Conflicts {
  fields: unknown[];
  candidate_pairs: unknown[];
  quarantine: unknown[];
}

function tally(from = FROM, asOf = AS_OF): Tally {
  // Arithmetic that does not hold is told with status 3.
  const told = desk.office.tryRun("tally", "03/TE", "--from", from, "--as-of", asOf, "--format", "json");
  return JSON.parse(told.slice(told.indexOf("{"), told.lastIndexOf("}") + 1)) as Tally;
}

function conflicts(): Conflicts {
  return JSON.parse(desk.office.tryRun("conflicts", "--json")) as Conflicts;
}

const range = (of: Bounds, show: (end: number) => string): string =>
  of.least === of.most ? show(of.least) : `${show(of.least)}–${show(of.most)}`;

/** A cell as the form shows it. */
function shown(value: Value): string {
  if (value.kind === "children") return range(value.children, grouped);
  if (value.kind === "percent" && value.tenths) return range(value.tenths, (tenths) => (tenths / 10).toFixed(1).replace(".", ","));
  return "";
}

test("03/TE on the screen is what the command line counts, cell by cell", async () => {
  await page.goto(FORM);
  const screen = (await onScreen(page)).filter(({ cells }) => cells.length > 0);
  const counted = tally().lines;
  expect(screen.map(({ label }) => label)).toEqual(counted.map(({ label }) => label));
  let figures = 0;
  for (const [at, { label, values }] of counted.entries()) {
    for (const [column, value] of values.entries()) {
      if (value.kind === "heading" || value.kind === "typed") continue;
      // An asterisk says that sealed reports nobody has opened are in the range.
      expect(screen[at]?.cells[column]?.replace(/\*$/, ""), `${label}, column ${column + 1}`).toBe(shown(value));
      figures += 1;
    }
  }
  expect(figures).toBeGreaterThan(300);
});

test("a cell opens the children it counts: so many certain, so many not", async () => {
  const line = tally().lines.find(({ code }) => code === "II.4.1");
  const value = line?.values[0];
  if (value?.kind !== "children") throw new Error("the line counts children");
  const { least, most } = value.children;
  expect(least).toBeGreaterThan(0);
  await page.goto(FORM);
  await page.locator(`table.form-sheet a[href*="line=II.4.1&"]`).first().click();
  await heading(page, /II\.4\.1/);
  await expect(page.locator(".cell-counts")).toContainText(`${least} em chắc chắn`);
  // Every one of them, page by page.
  const last = page.locator("nav.pager a[rel=next]");
  let children = await page.locator("ol.children > li").count();
  while ((await last.count()) > 0) {
    await last.click();
    children += await page.locator("ol.children > li").count();
  }
  expect(children).toBe(most);
});

test("Today has all villages, and each bar of its charts is the cell of the form it leads to", async () => {
  await page.goto("/office");
  const villages = page.getByRole("table", { name: /^Tình hình từng/ });
  await expect(villages.locator("tbody tr")).toHaveCount(VILLAGES);
  for (const figure of [/^Trẻ em có hoàn cảnh đặc biệt theo nhóm/, /^Trẻ em có hoàn cảnh đặc biệt qua các kỳ/]) {
    await page.goto("/office");
    const chart = page.getByRole("figure").filter({ has: page.locator("figcaption", { hasText: figure }) });
    await chart.getByText("Xem số liệu dạng bảng").click();
    const bars = await chart.locator("tbody tr").evaluateAll((rows) =>
      rows.map((row) => ({ href: row.querySelector("a")?.getAttribute("href") ?? "", text: row.lastElementChild?.textContent ?? "" })),
    );
    const bar = bars.find(({ text }) => /[1-9]/.test(text));
    if (!bar) throw new Error("no bar counts anybody");
    // The same numbers are drawn.
    await expect(chart.getByRole("img")).toContainText(bar.text);
    const of = new URL(bar.href, desk.office.origin).searchParams;
    const code = of.get("line") ?? "II";
    const line = tally(of.get("from") ?? "", of.get("as_of") ?? "").lines.find((line) => line.code === code);
    expect(bar.text, bar.href).toBe(shown(line?.values[0] ?? { kind: "heading" }));
  }
});

/** How much of a kind waits, by the queue's own menu. */
async function waiting(kind: string): Promise<number> {
  const link = page.getByRole("navigation", { name: "Các loại việc" }).getByRole("link", { name: new RegExp(`^${kind}`) });
  return Number(/\((.+)\)/.exec(await link.innerText())?.[1]?.replaceAll(".", ""));
}

test("the queue has what the command line lists; a decision takes one away, and is undone", async () => {
  const before = conflicts();
  await page.goto("/office/decide?kind=values");
  expect(await waiting("Ghi khác nhau")).toBe(before.fields.length);
  // A pair that is one child who moved waits among the moves instead.
  const [pairs, moves] = [await waiting("Có thể ghi trùng"), await waiting("Chuyển giữa các thôn")];
  expect(pairs).toBeLessThanOrEqual(before.candidate_pairs.length);
  expect(pairs + moves).toBeGreaterThanOrEqual(before.candidate_pairs.length);
  expect(pairs).toBeGreaterThan(1);
  expect(await waiting("Bản ghi bị giữ lại")).toBe(before.quarantine.length);
  expect(before.fields.length).toBeGreaterThan(1);

  const open = page.getByRole("region", { name: "Việc đang mở" });
  await open.getByRole("radio").first().check();
  await open.getByLabel(/Đã hỏi lại gia đình/).check();
  await open.getByRole("button", { name: /^Quyết định/ }).click();
  await expect(page.getByText("Đã quyết định.").first()).toBeVisible();
  expect(await waiting("Ghi khác nhau")).toBe(before.fields.length - 1);
  expect(conflicts().fields).toHaveLength(before.fields.length - 1);

  await page.goto("/office/decide?kind=done");
  await page.getByRole("button", { name: /Hoàn tác/ }).first().click();
  await expect(page.getByText("Đã hoàn tác. Điều ghi trước đó hiện lại như cũ.")).toBeVisible();
  expect(conflicts().fields).toHaveLength(before.fields.length);
  expect(desk.errors).toEqual([]);
});

test("a move to be confirmed has no serious fault for assistive technology", async () => {
  await page.goto("/office/decide?kind=moves");
  expect(await waiting("Chuyển giữa các thôn")).toBeGreaterThan(0);
  await expect(page.getByRole("region", { name: "Việc đang mở" })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
});
