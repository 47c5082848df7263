/** What is typed and not yet written: it is written before the app locks, hides or goes to another page. */

type Flush = () => Promise<void> | void;

const pending = new Set<Flush>();

/** Registers something to be written soon; returns how to take it out. */
export function addPending(flush: Flush): () => void {
  pending.add(flush);
  return () => pending.delete(flush);
}

/** Writes all that is typed. Resolves when it is written; what fails is told where it was typed. */
export async function flushPending(): Promise<void> {
  await Promise.allSettled([...pending].map((flush) => flush()));
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") void flushPending();
});
addEventListener("pagehide", () => void flushPending());
