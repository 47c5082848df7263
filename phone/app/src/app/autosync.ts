/**
 * Sends by itself: when the sổ is opened, and when the network comes back; from a locked sổ only what is urgent,
 * in its sealed letter. Recording never waits for it.
 */
import { effect } from "@preact/signals";
import { online } from "./online";
import type { Session } from "./session";

/** Returns how to stop. */
export function watchSync(session: Session): () => void {
  return effect(() => {
    const phase = session.phase.value;
    if (!online.value) return;
    if (phase?.phase === "open") session.beginSync();
    // Other work in the letter is sent anew once the PIN is entered: sending it here would send it twice.
    if (phase?.phase === "locked" && phase.outbox.reports > 0 && phase.outbox.delivered_at === null) {
      session.core.call("send_outbox", {}).catch(() => undefined);
    }
  });
}
