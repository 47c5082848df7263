/** What follows from dates as far as they are known. Pure: today is always given. */
import type { Day, PartialDate } from "../core/api";

const SHAPE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;

export interface Age {
  key: "unknown" | "unborn" | "newborn" | "months" | "years" | "about";
  n: number;
}

/** An age; months under two years, where the day or month of birth is known. */
export function age(birth: unknown, today: Day): Age {
  const found = typeof birth === "string" ? SHAPE.exec(birth) : null;
  const now = SHAPE.exec(today);
  if (!found || !now) return { key: "unknown", n: 0 };
  const years = Number(now[1]) - Number(found[1]);
  if (found[2] === undefined) return years < 0 ? { key: "unborn", n: 0 } : { key: "about", n: years };
  const isBefore = found[3] !== undefined && Number(now[3] ?? 1) < Number(found[3]);
  const months = years * 12 + Number(now[2] ?? 1) - Number(found[2]) - (isBefore ? 1 : 0);
  if (months < 0) return { key: "unborn", n: 0 };
  if (months === 0) return { key: "newborn", n: 0 };
  return months < 24 ? { key: "months", n: months } : { key: "years", n: Math.floor(months / 12) };
}

/** The day of the 16th birthday, as exactly as the birth is known. */
export function sixteenth(birth: unknown): PartialDate | null {
  const found = typeof birth === "string" ? SHAPE.exec(birth) : null;
  if (!found) return null;
  const year = Number(found[1]) + 16;
  // Sixteen years on, 29 February is there again, but for one century in four.
  return [String(year), found[2], found[3]].filter((part) => part !== undefined).join("-");
}
