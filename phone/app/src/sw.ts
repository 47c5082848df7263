/// <reference lib="webworker" />
/**
 * The app's own files, kept on the phone. A new version is fetched whole and waits until the page asks for it;
 * what belongs to the office's API is never touched here.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

declare const self: ServiceWorkerGlobalScope;

/** Paths of the office's API and its pages: always from the network. */
const OFFICE = [/^\/v1\//, /^\/health$/];

precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false });
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { denylist: OFFICE }));

self.addEventListener("message", (event) => {
  if ((event.data as { type?: string } | null)?.type === "SKIP_WAITING") void self.skipWaiting();
});
