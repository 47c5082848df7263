/** Putting the app on the phone's home screen: the browser's own offer is kept until the user is asked. */
import { signal } from "@preact/signals";

interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

export const installPrompt = signal<InstallPrompt | null>(null);

export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installPrompt.value = event as InstallPrompt;
  });
  addEventListener("appinstalled", () => (installPrompt.value = null));
}

export async function install(): Promise<void> {
  const prompt = installPrompt.value;
  installPrompt.value = null;
  await prompt?.prompt();
}

/** Whether it runs as an app of its own already. */
export function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches;
}
