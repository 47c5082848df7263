import { describe, expect, it } from "vitest";
import type { HouseholdRow } from "../core/api";
import { counts, firstOf, fitting, grouped, type Filter } from "./rows";

const row = (document: string, of: Partial<HouseholdRow> = {}): HouseholdRow => ({
  document, village: "01", number: "", head: "", hamlet: "", address: "", phone: "", children: 0, special: 0, sealed: 0,
  undecided: 0, issues: 0, last_visit: null, visited: false, tried: false, changed: false, unsent: 0, refused: 0,
  draft: null, withdrawn: false, ...of,
});
const documents = (rows: HouseholdRow[]) => rows.map((row) => row.document).join(" ");
const wanted = (filters: Filter[] = [], found: string[] | null = null) =>
  ({ village: "01", filters: new Set(filters), found: found && new Set(found) });

describe("the list of households", () => {
  it("goes by hamlet, address and number, as people count and spell", () => {
    const groups = grouped([
      row("f", { number: "3" }),
      row("e", { hamlet: "Xóm Đồng", number: "10" }),
      row("d", { hamlet: "Xóm Đồng", number: "9" }),
      row("c", { hamlet: "xóm đồng", address: "Ngõ 2" }),
      row("b", { hamlet: "Xóm Dưới", number: "2" }),
      row("a", { hamlet: "Xóm 2" }),
    ]);
    expect(groups.map((group) => `${group.hamlet}: ${documents(group.rows)}`)).toEqual([
      "Xóm 2: a", "Xóm Dưới: b", "xóm đồng: c d e", ": f",
    ]);
  });

  it("keeps to one village, and to what every filter wants", () => {
    const rows = [
      row("a", { visited: true, special: 1 }),
      row("b", { special: 1 }),
      row("c", { sealed: 1, unsent: 2 }),
      row("d", { village: "02", special: 1 }),
    ];
    expect(documents(fitting(rows, wanted()))).toBe("a b c");
    expect(documents(fitting(rows, wanted(["special"])))).toBe("a b c");
    expect(documents(fitting(rows, wanted(["special", "unvisited"])))).toBe("b c");
    expect(documents(fitting(rows, wanted(["special"], ["c", "d"])))).toBe("c");
  });

  it("shows what was withdrawn only to a search", () => {
    const rows = [row("a", { withdrawn: true }), row("b")];
    expect(documents(fitting(rows, wanted()))).toBe("b");
    expect(documents(fitting(rows, wanted([], ["a"])))).toBe("a");
    expect(counts(rows, "01").unvisited).toBe(1);
  });

  it("counts what each filter would show", () => {
    const rows = [row("a", { changed: true, draft: "x" }), row("b", { visited: true, refused: 1 }), row("c", { undecided: 1 })];
    expect(counts(rows, "01")).toEqual({ unvisited: 2, special: 0, undecided: 1, changed: 1, unsent: 1, draft: 1 });
  });

  it("is drawn in pieces without losing a row", () => {
    const groups = grouped([row("a", { hamlet: "A" }), row("b", { hamlet: "A" }), row("c", { hamlet: "B" })]);
    expect(firstOf(groups, 1).map((group) => documents(group.rows))).toEqual(["a"]);
    expect(firstOf(groups, 2).map((group) => documents(group.rows))).toEqual(["a b"]);
    expect(firstOf(groups, 9)).toEqual(groups);
  });
});
