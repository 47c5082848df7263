/** Other people's programs that open what the office exports. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SOTHON } from "./office.ts";

/** Opens workbooks and documents: built beside `sothon`. */
const READER = process.env["READ_EXPORT_BIN"] ?? join(SOTHON, "../read-export");
/** A Python that has openpyxl and python-docx. */
const PYTHON = process.env["PYTHON"] ?? "/usr/bin/python3";

/** What is in a workbook, or in a document. */
export interface Read {
  sheets?: Record<string, string[][]>;
  formulas?: Record<string, string[]>;
  /** The paper each sheet is printed on, as Excel numbers it: 9 is A4. Told by Python only. */
  paper?: Record<string, number | null>;
  paragraphs?: string[];
  /** Told by Python only. */
  tables?: string[][][];
}

/** Whose programs open it: calamine and a look at the XML, or openpyxl and python-docx. */
export const READERS = ["calamine", "python"] as const;

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

/** An XLSX or a DOCX as another program reads it. */
export function readExport(bytes: Buffer, by: (typeof READERS)[number] = "calamine"): Read {
  return inFile(bytes, "export", (path) => {
    const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
    const script = join(import.meta.dirname, "read_export.py");
    const told = by === "calamine" ? execFileSync(READER, [path], options) : execFileSync(PYTHON, [script, path], options);
    return JSON.parse(told) as Read;
  });
}

/** An XLSX or a DOCX as LibreOffice prints it. */
export function printed(bytes: Buffer, kind: "xlsx" | "docx"): Buffer {
  return inFile(bytes, `export.${kind}`, (path) => {
    const folder = dirname(path);
    // A profile of its own: two of them never wait for each other.
    const profile = `-env:UserInstallation=file://${folder}/profile`;
    execFileSync("soffice", ["--headless", profile, "--convert-to", "pdf", "--outdir", folder, path], { stdio: "ignore" });
    return readFileSync(join(folder, "export.pdf"));
  });
}

/** The text of a PDF by poppler: line by line as it lies on the paper, or what belongs together together. */
export function readPdf(bytes: Buffer, as: "lines" | "blocks" = "lines"): string {
  const layout = as === "lines" ? ["-layout"] : [];
  return inFile(bytes, "export.pdf", (path) => execFileSync("pdftotext", [...layout, path, "-"], { encoding: "utf8" }));
}
