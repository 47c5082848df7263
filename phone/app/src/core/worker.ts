/**
 * The core's Worker: the only place that opens the store.
 *
 * Enters: calls of the pages (`api.ts`), one message each. Leaves: answers, and events that nobody asked for.
 * It moves bytes between the core (WASM), the store's lock (`shelf.ts`) and the line to the office (`line.ts`);
 * what they mean is the core's. Invariants: one tab at a time holds the store (a Web Lock says which); nothing
 * that was recorded is deleted here, whatever goes wrong.
 */

import type { Calls, CoreEvent, Method } from "./api";
import { Desk } from "./worker/desk";
import { isCoreError } from "./worker/line";

/** What the page posts. */
export type ToWorker =
  | { kind: "call"; id: number; method: Method; args: unknown }
  /** The page went out of sight: seal what waits, for nobody knows when it comes back. */
  | { kind: "hidden" };

/** What the Worker posts. */
export type FromWorker =
  | { kind: "answer"; id: number; result: unknown }
  | { kind: "refusal"; id: number; error: { code: string; params?: Record<string, string | number> } }
  | { kind: "event"; event: CoreEvent };

const post = (message: FromWorker) => self.postMessage(message);
const desk = new Desk((event) => post({ kind: "event", event }));

async function answer(id: number, method: Method, args: unknown): Promise<void> {
  try {
    const result = await desk.call(method, args as Calls[Method]["args"]);
    post({ kind: "answer", id, result });
  } catch (error) {
    // What is no refusal is a fault of ours; its text may quote what was recorded, so only its kind is told.
    const refusal = isCoreError(error) ? { code: error.code, ...(error.params && { params: error.params }) } : null;
    post({ kind: "refusal", id, error: refusal ?? { code: "core_failed" } });
  }
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "call") void answer(data.id, data.method, data.args);
  else void desk.sealLetter().catch(() => undefined);
};
