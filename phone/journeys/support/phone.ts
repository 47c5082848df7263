/** A collector's phone: Chromium with a profile of its own, as small as a phone's screen. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "@playwright/test";
import type { Office } from "./office.ts";

export const CHROMIUM =
  process.env["CHROMIUM"] ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path)) ??
  "chromium";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
];

/** A PIN that is strong enough. */
export const PIN = "739284";

export class Phone {
  readonly profile = mkdtempSync(join(tmpdir(), "sothon-phone-"));
  private context: BrowserContext | null = null;

  constructor(readonly office: Office, readonly dark = false) {}

  /** Starts the browser, with everything its profile remembers, and opens the app. */
  async start(path = "/"): Promise<Page> {
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: [...FLAGS, `--ignore-certificate-errors-spki-list=${this.office.spki}`],
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      locale: "vi-VN",
      timezoneId: "Asia/Ho_Chi_Minh",
      colorScheme: this.dark ? "dark" : "light",
      // The service worker is part of what is tried.
      serviceWorkers: "allow",
    });
    const page = this.context.pages()[0] ?? (await this.context.newPage());
    await page.goto(this.office.origin + path);
    return page;
  }

  get browser(): BrowserContext {
    if (!this.context) throw new Error("the phone is off");
    return this.context;
  }

  /** Turns it off properly. */
  async stop(): Promise<void> {
    await this.context?.close();
    this.context = null;
  }

  /** Kills every process of the browser at once, as an empty battery does. */
  async kill(): Promise<void> {
    const gone = new Promise((told) => this.context?.once("close", told));
    // The profile's folder is on the command line of every one of its processes.
    spawnSync("pkill", ["-KILL", "-f", this.profile]);
    await gone;
    this.context = null;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
