/** Putting the app on the phone's home screen: the browser's own offer is kept until the user is asked. */
import { signal } from "@preact/signals";

interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

export const installPrompt = signal<InstallPrompt | null>(null);

/** Who said "later" is left alone so long. */
const LATER_MS = 14 * 24 * 60 * 60 * 1000;
const LATER = "sothon.install-later";

export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const said = Number(localStorage.getItem(LATER) ?? 0);
    if (Math.abs(Date.now() - said) > LATER_MS) installPrompt.value = event as InstallPrompt;
  });
  addEventListener("appinstalled", () => (installPrompt.value = null));
}

export async function install(): Promise<void> {
  const prompt = installPrompt.value;
  installPrompt.value = null;
  await prompt?.prompt();
}

export function installLater(): void {
  installPrompt.value = null;
  localStorage.setItem(LATER, String(Date.now()));
}

/** Whether it runs as an app of its own already. */
export function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches;
}
