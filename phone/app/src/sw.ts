/// <reference lib="webworker" />
/**
 * The app's own files, kept on the phone. A new version is fetched whole and waits until the page asks for it;
 * what belongs to the office's API is never touched here, except that the sealed letter is sent when the browser
 * says that there is a network, even if the app is closed by then.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { LETTER_SYNC } from "./core/background";
import { send } from "./core/worker/letters";

declare const self: ServiceWorkerGlobalScope;

/** Background sync and periodic sync, which TypeScript's library does not know yet. */
interface TaggedEvent extends ExtendableEvent {
  readonly tag: string;
}

/** Paths of the office's API and its pages: always from the network. */
const OFFICE = [/^\/v1\//, /^\/health$/, /^\/office(\/|$)/];

precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false });
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { denylist: OFFICE }));

// The very first one serves the page that installed it: without a network a moment later it would stand alone.
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if ((event.data as { type?: string } | null)?.type === "SKIP_WAITING") void self.skipWaiting();
});

function sendLetter(event: Event): void {
  const { tag } = event as TaggedEvent;
  // Rejected, the browser tries again later.
  if (tag === LETTER_SYNC) (event as TaggedEvent).waitUntil(send(() => Math.floor(Date.now() / 1000)));
}
self.addEventListener("sync", sendLetter);
self.addEventListener("periodicsync", sendLetter);
