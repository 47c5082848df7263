/**
 * A new version of the app: it waits, fetched in full, until the user says now. It never takes over by itself, so
 * a visit is never interrupted and a page never meets files of another version.
 */
import { signal } from "@preact/signals";

/** Fetched and waiting. */
export const waitingVersion = signal<ServiceWorker | null>(null);

/** How often an app that stays open looks for a new version. */
const LOOK_EVERY_MS = 6 * 60 * 60 * 1000;

export async function watchUpdates(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  let registration: ServiceWorkerRegistration;
  try {
    registration = await navigator.serviceWorker.register("/sw.js");
  } catch {
    // Without it the app works as long as it is open; it is tried again at the next start.
    return;
  }
  const look = () => {
    // The first one ever has nothing to replace.
    if (registration.waiting && navigator.serviceWorker.controller) waitingVersion.value = registration.waiting;
  };
  look();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look);
  });
  setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS);
  addEventListener("online", () => void registration.update().catch(() => undefined));
}

/** Lets the new version take over and starts again with it. */
export function activateUpdate(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waitingVersion.value?.postMessage({ type: "SKIP_WAITING" });
}
