/** What the user chose about the app itself, in localStorage: nothing of it says anything about anybody. */
import { effect, signal, type Signal } from "@preact/signals";
import { chooseLanguage, type Language } from "../text";

export const THEMES = ["auto", "light", "dark"] as const;
export const TEXT_SIZES = [100, 125, 150, 200] as const;
export const IDLE_MINUTES = [1, 5, 15] as const;

export type Theme = (typeof THEMES)[number];
export type TextSize = (typeof TEXT_SIZES)[number];
export type IdleMinutes = (typeof IDLE_MINUTES)[number];

export const preferences = {
  language: kept<Language>("language", ["vi", "en"], "vi"),
  theme: kept<Theme>("theme", THEMES, "auto"),
  textSize: kept<TextSize>("text-size", TEXT_SIZES, 100),
  idleMinutes: kept<IdleMinutes>("idle-minutes", IDLE_MINUTES, 5),
};

function kept<T extends string | number>(name: string, choices: readonly T[], otherwise: T): Signal<T> {
  const stored = readStored(name);
  const value = signal(choices.find((choice) => String(choice) === stored) ?? otherwise);
  value.subscribe((chosen) => {
    try {
      if (chosen === otherwise) localStorage.removeItem(`sothon.${name}`);
      else localStorage.setItem(`sothon.${name}`, String(chosen));
    } catch {
      // Storage is full or forbidden: the choice holds until the app is closed.
    }
  });
  return value;
}

function readStored(name: string): string | null {
  try {
    return localStorage.getItem(`sothon.${name}`);
  } catch {
    return null;
  }
}

/** Puts the choices into effect, now and at every change. */
export async function applyPreferences(): Promise<void> {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const system = signal(dark.matches);
  dark.addEventListener("change", (event) => (system.value = event.matches));
  effect(() => {
    const theme = preferences.theme.value;
    root.dataset["theme"] = theme === "auto" ? (system.value ? "dark" : "light") : theme;
  });
  effect(() => {
    root.style.setProperty("--text-scale", String(preferences.textSize.value / 100));
    root.dataset["text"] = preferences.textSize.value >= 150 ? "large" : "normal";
  });
  // Without its file the app still starts, in Vietnamese.
  await chooseLanguage(preferences.language.value).catch(() => undefined);
}

export async function setLanguage(chosen: Language): Promise<void> {
  await chooseLanguage(chosen);
  preferences.language.value = chosen;
}
