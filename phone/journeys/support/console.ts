/** Officers at their desks: a commune's office with a synthetic register, and browsers that look at its console. */

import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Download, expect, type Page } from "@playwright/test";
import { Office, type Village } from "./office.ts";
import { CHROMIUM, FLAGS } from "./phone.ts";

export type Role = "officer" | "confidential" | "keeper";

/** Long enough, and nobody's. */
export const PASSWORD = "một câu dài để thử máy";

/** How long one step may take before it is a failure. */
const STEP_MS = 20_000;

export const VILLAGES: Village[] = [
  { code: "01", name: "Thôn Giả Lập Một" },
  { code: "02", name: "Thôn Giả Lập Hai" },
];

/** An office that several journeys of one file share. */
export class Desk {
  readonly office: Office;
  private readonly browser: Browser;
  /** Dialogs that a page opened: an injected script's usual sign of life. */
  readonly dialogs: string[] = [];
  /** What a page refused to do, or failed to. */
  readonly errors: string[] = [];

  private constructor(office: Office, browser: Browser) {
    this.office = office;
    this.browser = browser;
  }

  static async open(fill: (office: Office) => Promise<void> | void = () => undefined): Promise<Desk> {
    const office = Office.begin(VILLAGES);
    await fill(office);
    return Desk.over(office);
  }

  /** An office that is there and not yet served. */
  static async over(office: Office): Promise<Desk> {
    await office.serve();
    return Desk.beside(office);
  }

  /** A browser beside an office that somebody else serves and ends. */
  static async beside(office: Office): Promise<Desk> {
    return new Desk(office, await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }));
  }

  /** A browser of its own, where nobody is signed in. */
  async browserOf(options: { javaScriptEnabled?: boolean } = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      baseURL: this.office.origin,
      // The office's certificate is its own.
      ignoreHTTPSErrors: true,
      viewport: { width: 1366, height: 768 },
      locale: "vi-VN",
      timezoneId: "Asia/Ho_Chi_Minh",
      acceptDownloads: true,
      ...options,
    });
    context.setDefaultTimeout(STEP_MS);
    context.on("dialog", (dialog) => {
      this.dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    context.on("weberror", (failure) => this.errors.push(failure.error().message));
    context.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.errors.push(message.text());
      }
    });
    return context;
  }

  /** A code by which an account is made, from the keeper's command line. */
  invite(name: string, ...roles: Role[]): string {
    const told = this.office.run("account", "invite", "--name", name, ...roles.flatMap((role) => ["--role", role]));
    const code = /[0-9A-Z]{4}(-[0-9A-Z]{4})+/.exec(told)?.[0];
    if (!code) throw new Error("no code told");
    return code;
  }

  /** Somebody new, with an account, signed in, in a browser of their own. */
  async officer(login = "canbo", name = "Cán bộ Giả Lập", ...roles: Role[]): Promise<Page> {
    const code = this.invite(name, ...(roles.length > 0 ? roles : (["officer"] as const)));
    const page = await (await this.browserOf()).newPage();
    await page.goto("/office/invitation");
    await page.getByLabel("Mã mời").fill(code);
    await page.getByLabel(/^Họ và tên/).fill(name);
    await page.getByLabel(/^Tên đăng nhập/).fill(login);
    await page.getByLabel(/^Mật khẩu mới/).fill(PASSWORD);
    await page.getByLabel("Nhập lại mật khẩu mới").fill(PASSWORD);
    await page.getByRole("button", { name: "Tạo tài khoản" }).click();
    await expect(page.getByRole("link", { name }).first()).toBeVisible();
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  async end(): Promise<void> {
    await this.close();
    await this.office.end();
  }
}

/** Signs in with an account that exists. */
export async function signIn(page: Page, login: string, password = PASSWORD): Promise<void> {
  await page.goto("/office/sign-in");
  await typeSignIn(page, login, password);
}

export async function typeSignIn(page: Page, login: string, password: string): Promise<void> {
  await page.getByLabel("Tên đăng nhập").fill(login);
  await page.getByLabel("Mật khẩu").fill(password);
  await page.getByRole("button", { name: "Đăng nhập" }).click();
}

export async function heading(page: Page, name: string | RegExp): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

/** Everything axe finds that is serious; nothing, on a page as it should be. */
export async function seriousFaults(page: Page, on: "screen" | "paper" = "screen"): Promise<string[]> {
  // Nobody follows a link on paper: it need not be told from the text around it.
  const beside = on === "paper" ? ["link-in-text-block"] : [];
  const { violations } = await new AxeBuilder({ page }).disableRules(beside).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${new URL(page.url()).pathname}: ${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
}

/** What a link or a button gives to keep: its name and where it lies. */
export async function download(page: Page, start: () => Promise<void>): Promise<{ name: string; path: string }> {
  const coming: Promise<Download> = page.waitForEvent("download");
  await start();
  const given = await coming;
  return { name: given.suggestedFilename(), path: await given.path() };
}
