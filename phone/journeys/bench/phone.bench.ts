/**
 * The rows on the phone in the design's table: a synthetic village of 300 households (and one of 2,000), in real
 * Chromium, held to a quarter of the machine. Prints each figure beside its goal; asserts nothing about time.
 */

import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { APP, Office } from "../support/office.ts";
import { enrol } from "../support/hands.ts";
import { SlowLine, TWO_G } from "../support/line.ts";
import { Phone, PIN } from "../support/phone.ts";
import { Slow } from "../support/slow.ts";

const SAMPLE = process.env["SAMPLE_REGISTER_BIN"] ?? resolve(import.meta.dirname, "../../../target/debug/sample-register");
/** Four times slower than this machine: a quarter of all its cores, as a share of one, for the whole browser. */
const SHARE = availableParallelism() / 4;
/** Times each thing is measured; the median is told. */
const TIMES = 5;

function row(what: string, figure: string, goal: string): void {
  console.log(`${what.padEnd(66)} ${figure.padStart(12)}   goal ${goal}`);
}

function median(figures: number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]!;
}

async function village(households: number): Promise<Office> {
  const file = join("/tmp", `sothon-bench-${process.pid}-${households}.csv`);
  const told = execFileSync(SAMPLE, ["--households", `${households}`, "--villages", "1", file], { encoding: "utf8" });
  const [code = "", name = ""] = told.trim().split("=");
  const office = Office.begin([{ code, name }]);
  office.importFile(file);
  office.run(
    "round", "open", "--code", "2026-2", "--title", "Đợt giả lập",
    "--starts", "2026-01-01", "--ends", "2026-12-31", "--as-of", "2026-11-20",
  );
  await office.serve();
  return office;
}

/**
 * Milliseconds from a click until the page shows what was asked for, on the page's own clock: what the measuring
 * process does meanwhile is not counted. `shown`: an expression that is true then.
 */
async function clicked(page: Page, selector: string, shown: string): Promise<number> {
  return page.evaluate(
    ([selector, shown]) =>
      new Promise<number>((told, failed) => {
        const target = document.querySelector<HTMLElement>(selector!);
        if (!target) return failed(new Error(`nothing to click: ${selector}`));
        const is = new Function(`return Boolean(${shown})`) as () => boolean;
        const began = performance.now();
        target.click();
        const look = () => (is() ? told(performance.now() - began) : requestAnimationFrame(look));
        requestAnimationFrame(look);
      }),
    [selector, shown],
  );
}

test("what the phone downloads to install", () => {
  // A browser takes the brotli file where there is one, and the file itself where there is none.
  const files = readdirSync(APP, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const path = (entry: (typeof files)[number]) => join(entry.parentPath, entry.name);
  const all = new Set(files.map(path));
  const plain = [...all].filter((file) => !/\.(br|gz)$/.test(file));
  const bytes = plain.reduce((sum, file) => sum + statSync(all.has(`${file}.br`) ? `${file}.br` : file).size, 0);
  expect(plain.length).toBeGreaterThan(5);
  row("download to install, compressed", `${(bytes / 1e6).toFixed(2)} MB`, "1.2 MB");
});

for (const households of [300, 2000]) {
  test(`a phone with ${households} households`, async () => {
    const goals = households === 300;
    const slow = Slow.make();
    const office = await village(households);
    const phone = new Phone(office);
    const of = `, ${households} households`;
    try {
      let page = await phone.start(`/#enrol=${office.code("Máy đo")}`);
      await enrol(page);
      await page.locator("a[href^='#/ho/']").first().waitFor();
      const starts: Record<"cold" | "warm", number[]> = { cold: [], warm: [] };
      for (let time = 0; time < TIMES; time++) {
        await phone.stop();
        page = await phone.open();
        slow?.take(phone.profile);
        slow?.hold(SHARE);
        starts.cold.push(await start(page, office));
        starts.warm.push(await start(page, office));
        slow?.hold(1);
      }
      const limit = slow ? "4x slowed" : "NOT SLOWED: no cgroups here";
      row(`start to list${of}, cold (new process), ${limit}`, `${median(starts.cold).toFixed(0)} ms`, goals ? "2000 ms" : "none");
      row(`start to list${of}, warm (reload), ${limit}`, `${median(starts.warm).toFixed(0)} ms`, goals ? "1000 ms" : "none");
      slow?.hold(SHARE);
      const opened: number[] = [];
      const saved: number[] = [];
      for (let time = 0; time < TIMES; time++) {
        const nth = `li:nth-of-type(${2 + time}) > a[href^='#/ho/']`;
        // Its title is another page's until everything known of the household is on the screen.
        opened.push(await clicked(page, nth, "location.hash.startsWith('#/ho/') && [...document.querySelectorAll('button')].some((button) => /^(Bắt đầu thăm|Thăm tiếp)$/.test(button.textContent.trim()))"));
        await page.getByRole("button", { name: /Bắt đầu thăm|Thăm tiếp/ }).click();
        await page.getByRole("button", { name: /^(Tiếp tục|Không đổi, tiếp tục)$/ }).click();
        await page.getByRole("button", { name: /: sửa$/ }).first().click();
        // A choice is written at once; the mark stands beside it when it is on the disk.
        const choice = page.locator("fieldset input[type=radio]:not(:checked)").first();
        await choice.waitFor({ state: "attached" });
        saved.push(await clicked(page, "fieldset input[type=radio]:not(:checked)", "[...document.querySelectorAll('.saving')].some((mark) => mark.textContent.includes('Đã lưu'))"));
        await page.goto(`${office.origin}/#/`);
        await page.locator("a[href^='#/ho/']").first().waitFor();
      }
      row(`open a household${of}, ${limit}`, `${median(opened).toFixed(0)} ms`, goals ? "150 ms" : "none");
      row(`save a field${of}, ${limit}`, `${median(saved).toFixed(0)} ms`, goals ? "50 ms" : "none");
      slow?.hold(1);
    } finally {
      slow?.hold(1);
      await phone.end();
      await office.end();
      slow?.end();
    }
  });
}

test("a phone on 2G", async () => {
  const office = await village(300);
  const line = await SlowLine.open(TWO_G, () => office.port);
  const phone = new Phone(office);
  phone.port = line.port;
  const of = ", 250/50 kbit/s, 300 ms there and back";
  try {
    const page = await phone.open();
    const code = office.code("Máy đo");
    let began = Date.now();
    await page.goto(`${phone.origin}/#enrol=${code}`, { timeout: 300_000 });
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    row(`install${of}`, `${((Date.now() - began) / 1000).toFixed(1)} s`, "none");
    began = Date.now();
    page.setDefaultTimeout(300_000);
    await enrol(page, "Máy đo");
    await expect(page.getByText(/Đã gửi hết/)).toBeVisible();
    row(`enrol and load 300 households${of}`, `${((Date.now() - began) / 1000).toFixed(1)} s`, "none");
    began = Date.now();
    await page.goto(`${phone.origin}/#/gui-nhan`);
    await page.getByRole("button", { name: "Gửi – nhận ngay" }).click();
    await expect(page.getByText(/Đã gửi – nhận xong/)).toBeVisible();
    row(`sync with nothing to say${of}`, `${((Date.now() - began) / 1000).toFixed(1)} s`, "none");
  } finally {
    await phone.end();
    line.close();
    await office.end();
  }
});

/**
 * From the address to the list, without the collector's typing: until the lock asks for the PIN, and from "Mở sổ" until
 * the first households are on the screen. The PIN is there at once, so that nothing gets done while somebody types.
 */
async function start(page: Page, office: Office): Promise<number> {
  await page.goto(office.origin, { waitUntil: "commit" });
  const asked = await page.evaluate(
    () =>
      new Promise<number>((told) => {
        const look = () => (document.querySelector("input") ? told(performance.now()) : requestAnimationFrame(look));
        look();
      }),
  );
  await page.locator("input").first().fill(PIN);
  const opened = await clicked(page, "form button[type=submit]", "document.querySelector(\"a[href^='#/ho/']\")");
  return asked + opened;
}
