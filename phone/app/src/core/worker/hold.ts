/** Which tab holds the store: a Web Lock, and a channel on which another tab may ask for it. */

const NAME = "sothon-store";
/** How long a page that was left may still have the store. */
const LEAVING_MS = 2_000;
/** How long the other tab has to finish what it is writing. */
const HANDOVER_MS = 10_000;

const channel = new BroadcastChannel(NAME);

/** Takes the store if no other tab has it. Held until this Worker ends. */
export async function hold(): Promise<boolean> {
  try {
    // Not `ifAvailable`: the Worker of the page that was just left or reloaded may take a moment to end.
    return await request({ signal: AbortSignal.timeout(LEAVING_MS) });
  } catch {
    return false;
  }
}

/** Asks the tab that has the store to give it up, and takes it. */
export async function takeOver(): Promise<boolean> {
  channel.postMessage("release");
  try {
    return await request({ signal: AbortSignal.timeout(HANDOVER_MS) });
  } catch {
    // The other tab does not answer: frozen by the system, most likely. Its writes are transactions.
    return request({ steal: true });
  }
}

/** Calls `release` when another tab asks for the store. */
export function onAsked(release: () => void): void {
  channel.onmessage = ({ data }) => {
    if (data === "release") release();
  };
}

function request(options: LockOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(NAME, options, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise<never>(() => undefined);
      })
      .catch(reject);
  });
}
