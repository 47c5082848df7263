/**
 * Sends by itself: when the sổ is opened, when the network comes back, and when a visit is finished, a report
 * sealed or a round signed off with a network at hand; from a locked sổ only what is urgent, in its sealed letter.
 * Recording never waits for it.
 */
import { effect } from "@preact/signals";
import { online } from "./online";
import type { Session } from "./session";

/** How long after opening. */
export const AFTER_OPENING_MS = 1_000;

/** Sends what was just recorded, as the page promised: at once where there is a network, otherwise when it is back. */
export function sendIfOnline(session: Session): void {
  if (online.value) session.beginSync();
}

/** Returns how to stop. */
export function watchSync(session: Session): () => void {
  return effect(() => {
    const phase = session.phase.value;
    if (!online.value) return undefined;
    if (phase?.phase === "open") {
      // The list first: it is what the sổ was opened for.
      const timer = setTimeout(() => session.beginSync(), AFTER_OPENING_MS);
      return () => clearTimeout(timer);
    }
    // Other work in the letter is sent anew once the PIN is entered: sending it here would send it twice.
    if (phase?.phase === "locked" && phase.outbox.reports > 0 && phase.outbox.delivered_at === null) {
      session.core.call("send_outbox", {}).catch(() => undefined);
    }
    return undefined;
  });
}
