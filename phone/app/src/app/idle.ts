/** Locks the sổ when nobody has touched the phone for a while, also when it slept in the meantime. */
import { effect } from "@preact/signals";
import { preferences } from "./preferences";
import type { Session } from "./session";

const TOUCHES = ["pointerdown", "keydown", "input", "wheel", "touchmove"] as const;

/** Calls `onIdle` once nothing was touched for `limit()` milliseconds; returns how to stop. */
export function idleTimer(limit: () => number, onIdle: () => void): () => void {
  let touched = Date.now();
  let timer = setTimeout(look, limit());

  function look(): void {
    clearTimeout(timer);
    // A clock that was set back would never be idle.
    const passed = Math.abs(Date.now() - touched);
    if (passed >= limit()) {
      touched = Date.now();
      onIdle();
      return;
    }
    timer = setTimeout(look, limit() - passed);
  }
  const touch = () => {
    const passed = Math.abs(Date.now() - touched);
    // Timers stand still while the phone sleeps: the touch that wakes it comes too late.
    if (passed >= limit()) look();
    else touched = Date.now();
  };
  const wake = () => {
    if (document.visibilityState === "visible") look();
  };
  for (const name of TOUCHES) addEventListener(name, touch, { capture: true, passive: true });
  document.addEventListener("visibilitychange", wake);
  return () => {
    clearTimeout(timer);
    for (const name of TOUCHES) removeEventListener(name, touch, { capture: true });
    document.removeEventListener("visibilitychange", wake);
  };
}

export function watchIdle(session: Session): void {
  effect(() => {
    if (session.phase.value?.phase !== "open") return;
    const minutes = preferences.idleMinutes.value;
    return idleTimer(
      () => minutes * 60_000,
      () => void session.lock(),
    );
  });
}
