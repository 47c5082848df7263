/** What goes wrong with lines, disks and clocks, and what an office or a finder of the phone could read. */

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { BrowserContext, Page, Route } from "@playwright/test";
import type { Phone } from "./phone.ts";

export const EXCHANGE = "**/v1/exchange";

export interface Answer {
  status: number;
  contentType: string;
  body: Buffer;
}

/** Hands a request on to the office, and keeps the answer from the phone for now. */
export function deliver(route: Route): Promise<Answer> {
  const asked = route.request();
  const { "accept-encoding": _, ...headers } = asked.headers();
  return new Promise((answered, failed) => {
    const onward = request(
      asked.url(),
      // The office's certificate is its own.
      { method: asked.method(), headers, rejectUnauthorized: false, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.once("error", failed);
        response.once("end", () =>
          answered({
            status: response.statusCode ?? 0,
            contentType: response.headers["content-type"] ?? "",
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    onward.once("error", failed);
    onward.end(asked.postDataBuffer() ?? undefined);
  });
}

/** Numbers from 0 to 1 that look random and are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Goes to a page of the origin that is not the app: nothing of the app runs, and its storage can be touched. */
export async function outsideApp(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/health`);
}

/** What the system does when space runs short, or somebody who clears it by hand. */
export async function removePrivateFiles(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry("sothon", { recursive: true });
  });
}

export async function removeDatabase(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((gone, failed) => {
        const request = indexedDB.deleteDatabase("sothon");
        request.onsuccess = () => gone();
        request.onerror = () => failed(request.error);
        request.onblocked = () => failed(new Error("the database is open"));
      }),
  );
}

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile()) yield path;
  }
}

/** Bytes of the pool's own header before the store's in each private file. */
const HEADER_BYTES = 4096;

/** Overwrites the store in the profile of a phone that is off; gives how many files it was. */
export function damageStore(phone: Phone): number {
  let damaged = 0;
  for (const path of files(join(phone.profile, "Default", "File System"))) {
    if (statSync(path).size <= HEADER_BYTES) continue;
    const bytes = readFileSync(path);
    if (!bytes.subarray(0, HEADER_BYTES).includes("store-")) continue;
    for (let at = HEADER_BYTES; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
    writeFileSync(path, bytes);
    damaged += 1;
  }
  return damaged;
}

/** Files of a phone that is off in which a word can be read, as UTF-8 or as the two bytes a letter of JavaScript. */
export function filesWith(phone: Phone, word: string): string[] {
  const forms = [Buffer.from(word, "utf8"), Buffer.from(word, "utf16le")];
  return [...files(phone.profile)].filter((path) => {
    const bytes = readFileSync(path);
    return forms.some((form) => bytes.includes(form));
  });
}

/** Puts the phone's clock off, on its pages and in the core's Worker. To be done before it first starts. */
export function shiftClock(browser: BrowserContext, seconds: number): Promise<void> {
  const shifted = `{
    const RealDate = Date;
    const now = () => RealDate.now() + ${seconds * 1000};
    globalThis.Date = class extends RealDate {
      constructor(...args) { args.length === 0 ? super(now()) : super(...args); }
      static now() { return now(); }
    };
  }`;
  return Promise.all([
    browser.addInitScript(shifted),
    browser.route("**/assets/worker-*.js", async (route) => {
      const { body } = await deliver(route);
      await route.fulfill({ contentType: "text/javascript", body: `${shifted}\n${body.toString("utf8")}` });
    }),
  ]).then(() => undefined);
}
