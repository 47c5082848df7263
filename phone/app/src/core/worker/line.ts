/**
 * The line to the office: what the core wants sent, over `fetch`, and what came back. Knows no message.
 *
 * Invariants: no redirect is followed, nothing is cached, no cookie is sent; nothing larger than the protocol
 * allows is read; codes, never contents, are in errors.
 */

import type { CoreError } from "../api";

/** Bytes of an answer at most: `RESPONSE_DECODED_BYTES_MAX` of the protocol. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
/** To send a request and receive its answer over the slowest line that is worth waiting for. */
const CALL_MS = 180_000;
/** Times in a row that a request is tried again before a sync gives up for now. */
export const RETRIES = 8;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 60_000;

/** Where a device's chain stands at the office, with `batch_number_repeated`. */
export interface Chain {
  number: number;
  hash: string;
  installation: number;
}

export type Reply =
  | { kind: "message"; media: string; body: Uint8Array<ArrayBuffer> }
  | { kind: "problem"; code: string; mayPass: boolean; retryAfterMs: number; chain: Chain | null };

/** The request could not be sent, or its answer was cut off; whether the office saw it is unknown. */
export class Cut extends Error {}

/** Problems after which the same request may succeed: `docs/protocol.md` 13.1 and 13.3. */
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

export async function post(
  path: string,
  headers: Record<string, string>,
  body: Uint8Array<ArrayBuffer>,
): Promise<Reply> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers,
      body,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(CALL_MS),
    });
  } catch {
    throw new Cut();
  }
  const bytes = await read(response);
  if (response.status !== 200) return problem(response, bytes);
  const media = (response.headers.get("Content-Type") ?? "").split(";")[0]!.trim().toLowerCase();
  return { kind: "message", media, body: bytes };
}

async function read(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) break;
      length += value.length;
      if (length > ANSWER_BYTES_MAX) {
        await reader?.cancel();
        throw { code: "answer_too_large" } satisfies CoreError;
      }
      parts.push(value);
    }
  } catch (error) {
    if (isCoreError(error)) throw error;
    throw new Cut();
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function problem(response: Response, body: Uint8Array): Reply {
  let told: { code?: unknown; chain?: Partial<Chain> } = {};
  try {
    told = JSON.parse(new TextDecoder().decode(body)) as typeof told;
  } catch {
    // A proxy's own page: the status says what there is to say.
  }
  const isCode = typeof told.code === "string" && /^[a-z0-9_]{1,60}$/.test(told.code);
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const chain = told.chain;
  return {
    kind: "problem",
    code: isCode ? (told.code as string) : `http_${response.status}`,
    mayPass: PASSING_STATUS.has(response.status),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 0,
    chain:
      typeof chain?.number === "number" && typeof chain.hash === "string" && typeof chain.installation === "number"
        ? { number: chain.number, hash: chain.hash, installation: chain.installation }
        : null,
  };
}

/** How long to wait before the attempt after `failures` failed ones; the office may ask for more. */
export function pauseMs(failures: number, askedMs: number): number {
  const doubled = PAUSE_FIRST_MS * 2 ** Math.min(failures - 1, 10);
  return Math.min(Math.max(doubled, askedMs), PAUSE_MAX_MS);
}

export function isCoreError(error: unknown): error is CoreError {
  return typeof error === "object" && error !== null && typeof (error as CoreError).code === "string";
}
