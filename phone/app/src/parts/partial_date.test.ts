import { describe, expect, it } from "vitest";
import { dateOf, isFull, partsOf } from "./partial_date";

const typed = (text: string) => {
  const [day = "", month = "", year = ""] = text.split("/");
  return { day, month, year };
};

describe("a date typed in parts", () => {
  it.each([
    ["//", null],
    ["3/5/2019", "2019-05-03"],
    ["03/05/2019", "2019-05-03"],
    ["/5/2019", "2019-05"],
    ["//2019", "2019"],
    ["29/2/2020", "2020-02-29"],
    ["29/2/2000", "2000-02-29"],
    [" 1 / 1 / 2020 ", "2020-01-01"],
  ])("%s is %s", (text, value) => {
    expect(dateOf(typed(text))).toEqual({ value, problem: null });
  });

  it.each([
    ["3/5/", "year_missing"],
    ["3//2019", "month_missing"],
    ["/13/2019", "month"],
    ["/0/2019", "month"],
    ["32/1/2019", "day"],
    ["31/4/2019", "no_such_day"],
    ["29/2/2019", "no_such_day"],
    ["29/2/1900", "no_such_day"],
    ["//19", "year"],
    ["//20190", "year"],
    ["//1720", "year"],
    ["a/1/2019", "day"],
  ])("%s is no date: %s", (text, problem) => {
    expect(dateOf(typed(text))).toEqual({ value: null, problem });
  });

  it("is whole where the whole date is asked for", () => {
    expect(dateOf(typed("/5/2019"), { whole: true }).problem).toBe("incomplete");
    expect(dateOf(typed("//2019"), { whole: true }).problem).toBe("incomplete");
    expect(dateOf(typed("3/5/2019"), { whole: true }).value).toBe("2019-05-03");
  });

  it("is not later than the latest day, as far as it is known", () => {
    const latest = "2026-11-23";
    expect(dateOf(typed("24/11/2026"), { latest }).problem).toBe("future");
    expect(dateOf(typed("/12/2026"), { latest }).problem).toBe("future");
    expect(dateOf(typed("//2027"), { latest }).problem).toBe("future");
    expect(dateOf(typed("23/11/2026"), { latest }).value).toBe("2026-11-23");
    expect(dateOf(typed("/11/2026"), { latest }).value).toBe("2026-11");
    expect(dateOf(typed("//2026"), { latest }).value).toBe("2026");
  });
});

it("a date comes back from its parts as it was", () => {
  for (const date of ["2019-05-03", "2019-10", "2019"]) expect(dateOf(partsOf(date)).value).toBe(date);
  expect(partsOf(null)).toEqual({ day: "", month: "", year: "" });
});

it("the next part is gone to when no further digit can follow", () => {
  expect(isFull("day", "3")).toBe(false);
  expect(isFull("day", "4")).toBe(true);
  expect(isFull("day", "31")).toBe(true);
  expect(isFull("month", "1")).toBe(false);
  expect(isFull("month", "2")).toBe(true);
  expect(isFull("year", "201")).toBe(false);
  expect(isFull("year", "2019")).toBe(true);
});
