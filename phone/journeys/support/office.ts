/** A commune's office for one journey: the real program in a folder of its own, served on 127.0.0.1. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../../..");
/** The program under test. */
export const SOTHON = process.env["SOTHON_BIN"] ?? join(ROOT, "target/debug/sothon");
/** Plays a round of a whole commune into a folder: what `cargo xtask run` starts. */
const MAIN_JOB = process.env["MAIN_JOB_BIN"] ?? join(SOTHON, "../main-job");
/** The app under test. */
export const APP = process.env["SOTHON_APP"] ?? join(ROOT, "phone/app/dist");

export interface Village {
  code: string;
  name: string;
}

type Fields = Record<string, string | number | boolean>;

/** A household in the office's export; other containers are there too. */
export interface Exported {
  document: string;
  village: string;
  household: Fields;
  children: Record<string, Fields>;
  visits: Record<string, Fields>;
}

const DAY_MS = 86_400_000;

/** The day in the commune, where it is seven hours later than in Greenwich. */
export function day(ms: number): string {
  return new Date(ms + 7 * 3_600_000).toISOString().slice(0, 10);
}

export class Office {
  readonly folder: string;
  private serving: ChildProcess | null = null;
  /** Where it is served, or was. */
  port = 0;

  readonly villages: Village[];
  /** The register's folder, in the office's own. */
  private readonly data: string;

  private constructor(villages: Village[], data = "data") {
    this.villages = villages;
    this.data = data;
    this.folder = mkdtempSync(join(tmpdir(), "sothon-journey-"));
  }

  /** The synthetic commune of `cargo xtask run`, after its round: half a minute's work. */
  static ofMainJob(): Office {
    const office = new Office([], "office");
    execFileSync(MAIN_JOB, ["--no-serve", "--folder", office.folder], { stdio: ["ignore", "ignore", "inherit"], timeout: 600_000 });
    return office;
  }

  /** A register with these villages, and nothing in it. */
  static begin(villages: Village[] = [{ code: "01", name: "Thôn Giả Lập Một" }]): Office {
    const office = new Office(villages);
    office.run(
      "init", "--name", "Xã Giả Lập",
      ...villages.flatMap(({ code, name }) => ["--village", `${code}=${name}`]),
      "--confidential-key", office.path("confidential.key"),
    );
    return office;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a command of the office and gives what it prints. */
  run(...args: string[]): string {
    return execFileSync(SOTHON, ["--data", this.path(this.data), ...args], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
  }

  /** The same for a command that may end with another status: everything it prints. */
  tryRun(...args: string[]): string {
    try {
      return this.run(...args);
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      return `${stdout ?? ""}${stderr ?? ""}`;
    }
  }

  /** Takes in a register written down here: a heading line and a line a child, as CSV. */
  import(csv: string): void {
    const file = this.path("so-theo-doi.csv");
    writeFileSync(file, csv);
    this.importFile(file);
  }

  importFile(file: string): void {
    // Rows that nobody can read are told with status 3.
    this.tryRun("import", file);
  }

  /** Opens a round that is under way now. */
  openRound(code: string): void {
    const now = Date.now();
    const starts = day(now - 10 * DAY_MS);
    const ends = day(now + 20 * DAY_MS);
    this.run("round", "open", "--code", code, "--title", "Đợt giả lập", "--starts", starts, "--ends", ends, "--as-of", day(now));
  }

  /** Every household as the office has it. */
  register(): Exported[] {
    return this.run("export").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line) as Exported);
  }

  /** Serves, on the same port as before if it was served. */
  async serve(app = APP): Promise<void> {
    if (this.serving) throw new Error("it is being served");
    const listen = `127.0.0.1:${this.port}`;
    const child = spawn(
      SOTHON,
      ["--data", this.path(this.data), "--log-level", "error", "serve", "--listen", listen, "--app", app],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    this.serving = child;
    const first = await new Promise<string>((told, failed) => {
      createInterface({ input: child.stdout }).once("line", told);
      child.once("exit", (code) => failed(new Error(`the office ended with ${code}`)));
    });
    this.port = Number(/:(\d+)\b/.exec(first)?.[1] ?? Number.NaN);
    if (!(this.port > 0)) throw new Error("no port told");
  }

  /** Ends the program, as when the power fails. */
  async stop(): Promise<void> {
    const child = this.serving;
    if (!child) return;
    this.serving = null;
    const gone = new Promise((told) => child.once("exit", told));
    child.kill("SIGKILL");
    await gone;
  }

  /** The serving program's number in the system. */
  get process(): number {
    if (this.serving?.pid === undefined) throw new Error("it is not being served");
    return this.serving.pid;
  }

  get origin(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** SHA-256 of the served certificate's public key: what the browser is told to trust. */
  get spki(): string {
    const pem = readFileSync(this.path(`${this.data}/tls/cert.pem`));
    const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
    return createHash("sha256").update(key).digest("base64");
  }

  /** A one-time code for a phone. */
  code(label: string, ...villages: string[]): string {
    const of = villages.length > 0 ? villages : this.villages.map(({ code }) => code);
    return this.run("enrol-code", "--quiet", "--label", label, ...of.flatMap((code) => ["--village", code])).trim();
  }

  async end(): Promise<void> {
    await this.stop();
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
  }
}
