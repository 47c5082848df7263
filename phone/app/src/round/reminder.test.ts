import { expect, it } from "vitest";
import { reminder } from "./reminder";

const round = { code: "2026-2", title: "Đợt giả lập", starts: "2026-10-20", ends: "2026-11-05", as_of: "2026-11-20" };

function due(today: string, left: number, of: { signed?: string; asked?: string } = {}): string {
  const on = (day?: string): Record<string, string> => (day ? { "01": day } : {});
  const home = { round, today, signed: on(of.signed), reminded: on(of.asked) };
  const found = reminder(home, "01", left);
  return found ? `${found.when} ${found.days}${found.signed ? " signed" : ""}` : "none";
}

it.each([
  ["2026-10-28", "none"],
  ["2026-10-29", "left 7"],
  ["2026-11-04", "left 1"],
  ["2026-11-05", "last 0"],
  ["2026-11-06", "late 1"],
  ["2026-12-05", "late 30"],
])("on %s a village with households to visit is told: %s", (today, told) => {
  expect(due(today, 3)).toBe(told);
  // All visited, and not signed off.
  expect(due(today, 0)).toBe(told);
});

it("a village that signed off is left alone, unless the commune asks for what is left", () => {
  const signed = "2026-11-03";
  expect(due("2026-11-06", 0, { signed })).toBe("none");
  expect(due("2026-11-06", 3, { signed })).toBe("none");
  expect(due("2026-11-06", 0, { signed, asked: "2026-11-04" })).toBe("none");
  expect(due("2026-11-06", 3, { signed, asked: "2026-11-04" })).toBe("late 1 signed");
});

it.each([
  ["2026-11-02", "none"],
  ["2026-11-03", "late 1 signed"],
])("a sign-off of 3/11 and the commune's word of %s: %s", (asked, told) => {
  expect(due("2026-11-06", 3, { signed: "2026-11-03", asked })).toBe(told);
});

it("the commune's word comes before the last week, but not before the round", () => {
  expect(due("2026-10-22", 3, { asked: "2026-10-21" })).toBe("left 14");
  expect(due("2026-10-19", 3, { asked: "2026-10-19" })).toBe("none");
});

it("another village's word is not this one's, and without a round there is nothing", () => {
  const home = { round, today: "2026-10-22", signed: {}, reminded: { "02": "2026-10-21" } };
  expect(reminder(home, "01", 3)).toBeNull();
  expect(reminder({ ...home, today: "2026-11-06", round: null }, "01", 3)).toBeNull();
});
