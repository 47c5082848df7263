/** Figures on the console's pages and in what other programs read: the same ones, written in different ways. */

import type { Page } from "@playwright/test";

/** A line of a form on the screen. */
export interface Line {
  label: string;
  /** What stands in its columns, from left to right. */
  cells: string[];
}

/** Every line of the form that is open. */
export async function onScreen(page: Page): Promise<Line[]> {
  const columns = await page.locator("table.form-sheet thead tr").first().locator("th.form-column:not(.beside)").count();
  return await page.locator("table.form-sheet tbody tr").evaluateAll(
    (rows, columns) =>
      rows.map((row) => ({
        label: (row.querySelector("th")?.textContent ?? "").replace(/^[-+]\s*/, "").trim(),
        cells: [...row.querySelectorAll("td:not(.beside)")].slice(-columns).map((cell) => (cell.textContent ?? "").trim()),
      })),
    columns,
  );
}

/** The text with one space wherever there is any. */
export function plain(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, " ").trim();
}

/** A number as Vietnamese write it: 1.234. */
export function grouped(count: number): string {
  return `${count}`.replaceAll(/\B(?=(\d{3})+$)/g, ".");
}

/** The rows of a CSV file, as RFC 4180 has them. */
export function rowsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? bare ?? "");
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}
