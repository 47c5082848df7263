/** Dates as far as they are known, as they are typed: day, month and year apart. */
import type { PartialDate } from "../core/api";

export interface DateParts {
  day: string;
  month: string;
  year: string;
}

/** Why what is typed is not (yet) a date; the texts are `date.<problem>`. */
export type DateProblem = "year_missing" | "year" | "month" | "month_missing" | "day" | "no_such_day" | "incomplete" | "future";

export type Typed = { value: PartialDate | null; problem: null } | { value: null; problem: DateProblem };

/** No register of children reaches further back. */
const YEAR_MIN = 1850;
const YEAR_MAX = 2200;

const DIGITS = /^\d+$/;

export function partsOf(date: PartialDate | null): DateParts {
  const [year = "", month = "", day = ""] = (date ?? "").split("-");
  return { year, month: unpad(month), day: unpad(day) };
}

/**
 * What is typed, as a date. Nothing typed is no date; a year alone and a year with a month are dates too,
 * unless the `whole` date is asked for. `latest`: the last day that makes sense, as far as it is comparable.
 */
export function dateOf(parts: DateParts, { whole = false, latest }: { whole?: boolean; latest?: string } = {}): Typed {
  const year = parts.year.trim();
  const month = parts.month.trim();
  const day = parts.day.trim();
  if (year === "" && month === "" && day === "") return { value: null, problem: null };
  if (year === "") return { value: null, problem: "year_missing" };
  const y = Number(year);
  if (!DIGITS.test(year) || year.length !== 4 || y < YEAR_MIN || y > YEAR_MAX) return { value: null, problem: "year" };
  if (month === "" && day !== "") return { value: null, problem: "month_missing" };
  if (whole && (month === "" || day === "")) return { value: null, problem: "incomplete" };
  let value = year;
  if (month !== "") {
    const m = Number(month);
    if (!DIGITS.test(month) || m < 1 || m > 12) return { value: null, problem: "month" };
    value += `-${pad(m)}`;
    if (day !== "") {
      const d = Number(day);
      if (!DIGITS.test(day) || d < 1 || d > 31) return { value: null, problem: "day" };
      if (d > daysIn(y, m)) return { value: null, problem: "no_such_day" };
      value += `-${pad(d)}`;
    }
  }
  if (latest !== undefined && value > latest.slice(0, value.length)) return { value: null, problem: "future" };
  return { value, problem: null };
}

/** Whether a part is typed in full, so that the next one may be gone to. */
export function isFull(part: keyof DateParts, text: string): boolean {
  if (!DIGITS.test(text)) return false;
  if (part === "year") return text.length === 4;
  return text.length === 2 || Number(text) > (part === "day" ? 3 : 1);
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}

function unpad(text: string): string {
  return text.replace(/^0/, "");
}
