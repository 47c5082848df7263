/**
 * One sync: asks the core what to send, sends it, hands the answer back, until neither side has anything to say.
 *
 * Between two steps everything else goes on: recording never waits for the line.
 */

import type { CoreError, SyncOutcome, SyncState } from "../api";
import type { Browser } from "../generated/phone_facade.js";
import { Cut, pauseMs, post, RETRIES, type Reply } from "./line";
import { core, now } from "./module";

/**
 * Raw change bytes of a page: small enough that a cut loses little on a slow line and that taking a page in does
 * not hold up recording, large enough that the first load is a dozen requests.
 */
const PAGE_BYTES = 65_536;

interface Taken {
  acknowledged: number;
  refused: number;
  received: number;
  received_bytes: number;
  remaining_bytes: number | null;
}

export interface Course {
  tell: (state: SyncState) => void;
  /** Something was stored: makes it ready to be shown. */
  stored: () => Promise<void>;
  /** Whether the store was closed meanwhile. */
  closed: () => boolean;
  wait: (ms: number) => Promise<void>;
}

export async function exchange(browser: Browser, course: Course): Promise<SyncOutcome> {
  core(() => browser.begin_sync(PAGE_BYTES));
  let failures = 0;
  let requests = 0;
  const so_far = { sent: 0, received: 0, done: 0, total: null as number | null };
  const running = (step: "reports" | "exchange") => course.tell({ kind: "running", step, requests, ...so_far });
  let bytes_up = 0;
  let bytes_down = 0;
  for (;;) {
    if (course.closed()) throw { code: "locked" } satisfies CoreError;
    const step = core(() => browser.poll_sync(now().clock));
    if (step.outcome !== undefined) {
      const outcome = JSON.parse(step.outcome) as Omit<SyncOutcome, "requests" | "bytes_up" | "bytes_down">;
      return { ...outcome, requests, bytes_up, bytes_down };
    }
    running(step.urgent ? "reports" : "exchange");
    const body = step.body as Uint8Array<ArrayBuffer>;
    let reply: Reply | null;
    try {
      reply = await post("/v1/exchange", { "Content-Type": step.media, "Sothon-Signature": step.signature }, body);
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      reply = null;
    }
    if (course.closed()) throw { code: "locked" } satisfies CoreError;
    bytes_up += body.length;
    if (reply === null || (reply.kind === "problem" && reply.mayPass)) {
      failures += 1;
      const code = reply?.code ?? "connection_cut";
      if (failures > RETRIES) throw { code } satisfies CoreError;
      const pause = pauseMs(failures, reply?.retryAfterMs ?? 0);
      course.tell({ kind: "waiting", code, failures, seconds: Math.ceil(pause / 1000) });
      await course.wait(pause);
      continue;
    }
    failures = 0;
    requests += 1;
    if (reply.kind === "problem") {
      const { code, chain } = reply;
      core(() => browser.handle_problem(code, chain ? JSON.stringify(chain) : undefined, now().clock));
      continue;
    }
    const { media, body: answer } = reply;
    bytes_down += answer.length;
    const taken = JSON.parse(core(() => browser.handle_answer(media, answer, JSON.stringify(now())))) as Taken;
    so_far.sent += taken.acknowledged;
    so_far.received += taken.received;
    so_far.done += taken.received_bytes;
    so_far.total = taken.remaining_bytes === null ? so_far.total : so_far.done + taken.remaining_bytes;
    if (!step.urgent && taken.acknowledged + taken.refused + taken.received === 0) continue;
    course.tell({ kind: "running", step: "reading", requests, ...so_far });
    await course.stored();
  }
}
