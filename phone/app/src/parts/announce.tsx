/** What happened, said once: shown at the bottom for a moment, and read out by a screen reader. */
import { signal } from "@preact/signals";
import { Icon } from "./icons";

interface Announcement {
  text: string;
  tone: "good" | "bad";
  /** Said aloud only: what is said is already seen. */
  quiet: boolean;
}

const SHOWN_MS = 6_000;

const current = signal<Announcement | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string, { tone = "good", quiet = false }: Partial<Announcement> = {}): void {
  current.value = { text, tone, quiet };
  clearTimeout(timer);
  timer = setTimeout(() => (current.value = null), SHOWN_MS);
}

export function Announcements() {
  const shown = current.value;
  return (
    <div class={shown && !shown.quiet ? `toast toast-${shown.tone}` : "spoken"} role="status" aria-live="polite">
      {shown && !shown.quiet && <Icon name={shown.tone === "good" ? "check" : "alert"} />}
      {shown?.text}
    </div>
  );
}
