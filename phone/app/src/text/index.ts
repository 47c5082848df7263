/**
 * Every word a user sees. Vietnamese is complete and in the bundle; English comes when chosen.
 *
 * Keys are flat; a value may hold `{placeholders}`. Screens of another folder keep their own files
 * (`vi.visit.json`), merged here. A test holds both languages to the same keys and placeholders.
 */
import { signal } from "@preact/signals";
import { vi, type Key } from "./vi";

export type { Key };
export type Params = Record<string, string | number>;
export type Language = "vi" | "en";

type Messages = Record<Key, string>;

const messages = signal<Messages>(vi);
export const language = signal<Language>("vi");

/** The text of a key in the language chosen; what calls it in a component is drawn anew when that changes. */
export function t(key: Key, params: Params = {}): string {
  return fill(messages.value[key] ?? key, params);
}

/** The text of a key that is made up at run time, or nothing where there is none. */
export function textOf(key: string, params: Params = {}): string | null {
  const found = (messages.value as Record<string, string | undefined>)[key];
  return found === undefined ? null : fill(found, params);
}

/** One of two labels as definitions carry them. */
export function labelOf(of: { label: string; label_en?: string }): string {
  return language.value === "en" && of.label_en ? of.label_en : of.label;
}

/** An error in words: what happened, and the next step. An unknown code is shown, so that it can be read out. */
export function errorText(error: { code: string; params?: Params }): { say: string; next: string } {
  // Something between the phone and the office answered, not the office.
  const status = /^http_(\d+)$/.exec(error.code)?.[1];
  if (status) return errorText({ code: "http", params: { status } });
  const say = textOf(`error.${error.code}`, error.params);
  const next = textOf(`error.${error.code}.next`, error.params);
  return {
    say: say ?? t("error.unknown", { code: error.code }),
    next: next ?? t("error.unknown.next", { code: error.code }),
  };
}

export async function chooseLanguage(chosen: Language): Promise<void> {
  messages.value = chosen === "en" ? (await import("./en")).en : vi;
  language.value = chosen;
  document.documentElement.lang = chosen;
}

function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === "number" ? numberText(value) : value;
  });
}

function numberText(value: number): string {
  return value.toLocaleString(language.value === "en" ? "en-GB" : "vi-VN");
}
