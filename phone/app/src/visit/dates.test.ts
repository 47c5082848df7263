import { describe, expect, it } from "vitest";
import { age, sixteenth } from "./dates";

describe("ages", () => {
  const today = "2026-11-23";
  it.each([
    ["2026-11-23", { key: "newborn", n: 0 }],
    ["2026-10-24", { key: "newborn", n: 0 }],
    ["2026-10-23", { key: "months", n: 1 }],
    ["2024-11-24", { key: "months", n: 23 }],
    ["2024-11-23", { key: "years", n: 2 }],
    ["2010-11-24", { key: "years", n: 15 }],
    ["2018-03", { key: "years", n: 8 }],
    ["2018", { key: "about", n: 8 }],
    ["2027-01-01", { key: "unborn", n: 0 }],
    [null, { key: "unknown", n: 0 }],
  ])("born %s", (birth, expected) => {
    expect(age(birth, today)).toEqual(expected);
  });

  it("the 16th birthday is as exact as the birth", () => {
    expect(["2010-05-03", "2010-05", "2010", "2008-02-29", "x"].map(sixteenth)).toEqual(
      ["2026-05-03", "2026-05", "2026", "2024-02-29", null]);
  });
});
