import { describe, expect, it } from "vitest";
import { cellRange, countedLines, type Line } from "./cells";

const line = (code: string, level: number, most: number | null, heading = false): Line => ({
  code, number: code, label: code, level, heading, cells: most === null ? [null] : [{ least: 0, most }],
});

describe("cells", () => {
  it("say one number when nothing is undecided", () => {
    expect(cellRange({ least: 3, most: 3 })).toEqual([3]);
    expect(cellRange({ least: 3, most: 5 })).toEqual([3, 5]);
    expect(cellRange({ least: 0, most: 0 })).toEqual([0]);
    expect(cellRange(null)).toBeNull();
  });
});

describe("the short reading of a form", () => {
  it("keeps what may count somebody, with the titles above", () => {
    const lines = [
      line("II", 0, 1), line("II-0", 1, null, true), line("II.1", 1, 0), line("II.4", 1, 1), line("II.4.1", 2, 1),
      line("III", 0, 0), line("III-0", 1, null, true), line("III.1", 1, 0),
    ];
    expect(countedLines(lines).map((line) => line.code)).toEqual(["II", "II-0", "II.4", "II.4.1"]);
  });
});
