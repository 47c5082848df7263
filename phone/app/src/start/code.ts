/** Enrolment codes as people type them: small letters, spaces, no hyphens, all are taken. */

/** Characters of a code; the office never draws others (0, 1, I and O look like something else). */
const ALPHABET = /[2-9A-HJ-NP-Z]/;
const LENGTH = 12;
const GROUP = 4;

export interface TypedCode {
  /** `XXXX-XXXX-XXXX`, as far as it is typed. */
  text: string;
  complete: boolean;
  /** Characters that are in no code: something was misread. */
  strange: string[];
}

export function readCode(typed: string): TypedCode {
  const letters = [...typed.toUpperCase().normalize("NFKC")].filter((letter) => /[\p{L}\p{N}]/u.test(letter)).slice(0, LENGTH);
  const groups: string[] = [];
  for (let at = 0; at < letters.length; at += GROUP) groups.push(letters.slice(at, at + GROUP).join(""));
  const strange = [...new Set(letters.filter((letter) => !ALPHABET.test(letter)))];
  return { text: groups.join("-"), complete: letters.length === LENGTH && strange.length === 0, strange };
}
