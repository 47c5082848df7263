/** The core's module: compiled once, while the page is being drawn. */

import init, { Browser } from "../generated/phone_facade.js";
import moduleUrl from "../generated/phone_facade_bg.wasm?url";
import type { CoreError } from "../api";
import { isCoreError } from "./line";

let started: Promise<Browser> | undefined;

/**
 * Compiles the module and takes hold of the store's folder. Rejects with `wasm_failed`, or with what kept the
 * folder from being opened: `opfs_held` (another tab), `opfs_full`, `opfs_failed`.
 */
export function browser(): Promise<Browser> {
  started ??= start();
  started.catch(() => (started = undefined));
  return started;
}

async function start(): Promise<Browser> {
  try {
    await init({ module_or_path: moduleUrl });
  } catch {
    throw { code: "wasm_failed" } satisfies CoreError;
  }
  try {
    return await Browser.install();
  } catch (error) {
    throw refusal(error) ?? ({ code: "opfs_failed" } satisfies CoreError);
  }
}

/** What the core refuses with is JSON in a string; everything else is a fault. */
export function refusal(error: unknown): CoreError | null {
  if (typeof error !== "string") return null;
  try {
    const told = JSON.parse(error) as unknown;
    return isCoreError(told) ? told : null;
  } catch {
    return null;
  }
}

/** Runs a call of the core, and makes what it refuses with an error of the pages. */
export function core<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw refusal(error) ?? error;
  }
}

export interface Now {
  clock: number;
  today: string;
}

/** The phone's clock: seconds since 1970, and the day where it is. */
export function now(): Now {
  const date = new Date();
  const two = (number: number) => String(number).padStart(2, "0");
  const year = String(date.getFullYear()).padStart(4, "0");
  return {
    clock: Math.floor(date.getTime() / 1000),
    today: `${year}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
  };
}
