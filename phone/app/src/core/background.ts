/**
 * Waking the app's service worker when there is a network, so that the sealed letter leaves a phone on which the
 * app is closed. Only where the browser can; nothing relies on it.
 */

/** The tag under which the browser wakes the service worker (`sw.ts`). */
export const LETTER_SYNC = "sothon-letter";

/** At least so long between two wakings that nobody asked for. */
const PERIOD_MS = 12 * 60 * 60 * 1000;

/** Parts of the registration that not every browser has. */
interface Waking {
  sync?: { register(tag: string): Promise<void> };
  periodicSync?: { register(tag: string, options: { minInterval: number }): Promise<void> };
}

/** Asks to be woken as soon as there is a network, and now and then. A browser that refuses is left in peace. */
export async function wakeToSend(): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration()) as Waking | undefined;
  await Promise.allSettled([
    registration?.sync?.register(LETTER_SYNC),
    registration?.periodicSync?.register(LETTER_SYNC, { minInterval: PERIOD_MS }),
  ]);
}
