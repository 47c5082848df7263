/**
 * A slow phone on a fast machine: every process of a browser together gets a share of its cores.
 *
 * The browser's own throttling (CDP `Emulation.setCPUThrottlingRate`) slows a page's main thread and not its
 * Workers, where this app does its work; so the operating system does it (cgroups, as root).
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A short period: what is cut off comes back before a person would notice the gap itself. */
const PERIOD_US = 10_000;

export class Slow {
  private constructor(private readonly folder: string, private readonly write: (share: number) => void) {}

  /** A group of processes that can be slowed; null where the system gives no such thing. */
  static make(): Slow | null {
    const name = `sothon-bench-${process.pid}`;
    try {
      const v1 = "/sys/fs/cgroup/cpu";
      if (existsSync(join(v1, "cpu.cfs_quota_us"))) {
        const folder = join(v1, name);
        mkdirSync(folder);
        return new Slow(folder, (share) => {
          writeFileSync(join(folder, "cpu.cfs_period_us"), `${PERIOD_US}`);
          writeFileSync(join(folder, "cpu.cfs_quota_us"), share >= 1 ? "-1" : `${Math.round(PERIOD_US * share)}`);
        });
      }
      const folder = join("/sys/fs/cgroup", name);
      mkdirSync(folder);
      return new Slow(folder, (share) =>
        writeFileSync(join(folder, "cpu.max"), share >= 1 ? "max" : `${Math.round(PERIOD_US * share)} ${PERIOD_US}`),
      );
    } catch {
      return null;
    }
  }

  /** Takes in every process whose command line has this text in it; those they start later belong too. */
  take(text: string): void {
    const found = execFileSync("pgrep", ["-f", text], { encoding: "utf8" });
    for (const pid of found.trim().split("\n")) {
      if (Number(pid) === process.pid) continue;
      try {
        writeFileSync(join(this.folder, "cgroup.procs"), pid);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** Share of one core for all of them together; 1: all there is. */
  hold(share: number): void {
    this.write(share);
  }

  end(): void {
    this.hold(1);
    for (const pid of readFileSync(join(this.folder, "cgroup.procs"), "utf8").trim().split("\n")) {
      if (pid) writeFileSync(join(this.folder, "..", "cgroup.procs"), pid);
    }
    rmdirSync(this.folder);
  }
}
