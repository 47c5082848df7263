/** Other people's programs that open what the office exports. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOTHON } from "./office.ts";

/** Opens workbooks and documents: built beside `sothon`. */
const READER = process.env["READ_EXPORT_BIN"] ?? join(SOTHON, "../read-export");

/** What is in a workbook, or in a document. */
export interface Read {
  sheets?: Record<string, string[][]>;
  formulas?: Record<string, string[]>;
  paragraphs?: string[];
}

function inFile<T>(bytes: Buffer, name: string, read: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "sothon-export-"));
  try {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return read(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An XLSX by calamine, a DOCX by its own XML. */
export function readExport(bytes: Buffer): Read {
  return inFile(bytes, "export", (path) => {
    const told = execFileSync(READER, [path], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(told) as Read;
  });
}

/** The text of a PDF by poppler: line by line as it lies on the paper, or what belongs together together. */
export function readPdf(bytes: Buffer, as: "lines" | "blocks" = "lines"): string {
  const layout = as === "lines" ? ["-layout"] : [];
  return inFile(bytes, "export.pdf", (path) => execFileSync("pdftotext", [...layout, path, "-"], { encoding: "utf8" }));
}
