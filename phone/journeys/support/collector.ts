/** A collector with the command line instead of a screen: records what a journey needs, quicker than a hand could. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type Office, SOTHON } from "./office.ts";

export type Json = { [name: string]: unknown };

export class Collector {
  readonly label: string;
  private readonly office: Office;
  private readonly store: string;

  /** Enrols a device for these villages and fills it; the office is being served. */
  constructor(office: Office, label: string, ...villages: string[]) {
    this.office = office;
    this.label = label;
    this.store = office.path(`${label.replaceAll(/[^0-9A-Za-z]/g, "-")}.db`);
    const ca = office.path("data/tls/ca.pem");
    this.run("enrol", "--server", office.origin, "--ca", ca, "--code", office.code(label, ...villages));
    this.sync();
  }

  run(...args: string[]): string {
    return execFileSync(SOTHON, ["phone", "--store", this.store, ...args], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  sync(): void {
    this.run("sync");
  }

  /** Records entries: `household` names one as `village/number`; an entry without begins a new one. Gives their documents. */
  visit(...entries: { household?: string; document?: string; entry: Json }[]): string[] {
    const file = this.office.path(`${this.label.replaceAll(/[^0-9A-Za-z]/g, "-")}.json`);
    const whole = entries.map(({ entry, ...of }) => ({ ...of, entry: { entry: 1, ...entry } }));
    writeFileSync(file, JSON.stringify(whole));
    const told = this.run("visit", "--batch", file, "--json").trim().split("\n");
    return told.map((line) => (JSON.parse(line) as { document: string }).document);
  }

  /** A whole household as this device shows it. */
  show(household: string): Json {
    return JSON.parse(this.run("show", household, "--json")) as Json;
  }

  conflicts(): string {
    return this.run("conflicts");
  }
}
