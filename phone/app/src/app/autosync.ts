/** Sends by itself: when the sổ is opened, and when the network comes back. Recording never waits for it. */
import { effect } from "@preact/signals";
import { online } from "./online";
import type { Session } from "./session";

export function watchSync(session: Session): void {
  effect(() => {
    if (session.phase.value?.phase === "open" && online.value) session.beginSync();
  });
}
