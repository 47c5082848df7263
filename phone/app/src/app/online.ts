/** Whether the phone has any network at all. That it has one does not mean that the office can be reached. */
import { signal } from "@preact/signals";

const online = signal(navigator.onLine);
addEventListener("online", () => (online.value = true));
addEventListener("offline", () => (online.value = false));

export function useOnline(): boolean {
  return online.value;
}

export { online };
