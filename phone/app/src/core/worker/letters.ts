/**
 * Letters: signed work, sealed to the office, that can leave the phone while the store is closed – from the lock
 * screen, from a forgotten store, or from the service worker when the app is not even open.
 */

import type { CoreError, Outbox } from "../api";
import { Cut, post } from "./line";
import { delivered, letters, stores } from "./shelf";

const MEDIA = "application/vnd.sothon.exchange+cbor";

/** All letters that wait, as the pages show them; when none does, the one of the sổ in use that has arrived. */
export async function outbox(): Promise<Outbox> {
  const all = await letters();
  const waiting = all.filter((letter) => letter.delivered_at === null);
  const inUse = new Set((await stores()).filter((store) => store.kept === null).map((store) => store.name));
  const shown = waiting.length > 0 ? waiting : all.filter((letter) => inUse.has(letter.name));
  return {
    changes: shown.reduce((sum, letter) => sum + letter.changes, 0),
    reports: shown.reduce((sum, letter) => sum + letter.reports, 0),
    sealed_at: shown.length === 0 ? null : Math.min(...shown.map((letter) => letter.sealed_at)),
    delivered_at: shown.length === 0 || waiting.length > 0 ? null : Math.max(...shown.map((letter) => letter.delivered_at ?? 0)),
  };
}

/**
 * Sends every letter that the office has not confirmed. Sending one twice is harmless. One that the office refuses
 * keeps no other back; the first refusal is what the call fails with.
 */
export async function send(clock: () => number): Promise<void> {
  let refused: CoreError | null = null;
  for (const letter of await letters()) {
    if (letter.delivered_at !== null) continue;
    let reply;
    try {
      reply = await post("/v1/letter", { "Content-Type": MEDIA }, letter.bytes);
    } catch (error) {
      if (error instanceof Cut) throw { code: "connection_cut" } satisfies CoreError;
      throw error;
    }
    // Only an answer of the protocol is a confirmation: a hotel's login page is not.
    if (reply.kind === "problem") refused ??= { code: reply.code };
    else if (reply.media !== MEDIA) refused ??= { code: "answer_malformed" };
    else await delivered(letter, clock());
  }
  if (refused) throw refused;
}
