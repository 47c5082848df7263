/** A collector's phone: Chromium with a profile of its own, as small as a phone's screen. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "@playwright/test";
import type { Office } from "./office.ts";

export const CHROMIUM =
  process.env["CHROMIUM"] ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path)) ??
  "chromium";

export const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
];

/** How long one step may take before it is a failure. */
const STEP_MS = 20_000;

/** A PIN that is strong enough. */
export const PIN = "739284";

export class Phone {
  readonly profile = mkdtempSync(join(tmpdir(), "sothon-phone-"));
  private context: BrowserContext | null = null;
  /** Where the phone believes to be; read when it starts. */
  timezone = "Asia/Ho_Chi_Minh";
  width = 360;
  /** Pixels of the screen to one of the page. */
  scale = 2;
  /** The port that leads to the office, if not its own. */
  port: number | null = null;
  /** Done to the browser before it opens the app. */
  prepare: (browser: BrowserContext) => Promise<void> = async () => undefined;

  readonly office: Office;
  readonly dark: boolean;

  constructor(office: Office, dark = false) {
    this.office = office;
    this.dark = dark;
  }

  /** Starts the browser, with everything its profile remembers, and opens the app. */
  async start(path = "/"): Promise<Page> {
    const page = await this.open();
    await page.goto(this.origin + path);
    return page;
  }

  /** Where this phone finds the office. */
  get origin(): string {
    return this.port === null ? this.office.origin : `https://127.0.0.1:${this.port}`;
  }

  /** Starts the browser on an empty page. */
  async open(): Promise<Page> {
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: [...FLAGS, `--ignore-certificate-errors-spki-list=${this.office.spki}`],
      viewport: { width: this.width, height: 740 },
      deviceScaleFactor: this.scale,
      isMobile: true,
      hasTouch: true,
      locale: "vi-VN",
      timezoneId: this.timezone,
      colorScheme: this.dark ? "dark" : "light",
      // The service worker is part of what is tried.
      serviceWorkers: "allow",
    });
    this.context.setDefaultTimeout(STEP_MS);
    await this.prepare(this.context);
    return this.context.pages()[0] ?? (await this.context.newPage());
  }

  /** What a screen reader finds on its screen; empty if it is off. */
  async seen(): Promise<string> {
    const pages = this.context?.pages() ?? [];
    return (await Promise.all(pages.map((page) => page.locator("body").ariaSnapshot()))).join("\n");
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
    for (const pid of processesWith(this.profile)) process.kill(pid, "SIGKILL");
    await gone;
    this.context = null;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.profile, { recursive: true, force: true });
  }
}

/** Processes with the profile's folder on their command line: the browser, and the children it gave it to. */
function processesWith(profile: string): number[] {
  return readdirSync("/proc").map(Number).filter((pid) => {
    if (!Number.isInteger(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(profile);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}
