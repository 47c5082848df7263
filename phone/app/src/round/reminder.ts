/** Whether a village is to be reminded of the round. Pure: today comes with the home page, from this phone's clock. */
import type { Day, Home } from "../core/api";

/** From so many days before the round ends. */
const REMIND_DAYS = 7;
const DAY_MS = 86_400_000;

export interface Due {
  when: "left" | "last" | "late";
  /** Until the last day, or since. */
  days: number;
  signed: boolean;
}

type Known = Pick<Home, "round" | "today" | "signed" | "reminded">;

/** What is due in a village where `left` households are not visited yet; null: nothing, or it is early and nobody asked. */
export function reminder({ round, today, signed: all, reminded }: Known, village: string, left: number): Due | null {
  if (!round || today < round.starts) return null;
  const on = all[village];
  const told = reminded[village];
  // A sign-off answers what was asked before it.
  const asked = !!told && (!on || told >= on);
  // Who signed knows of the households that are left, unless the commune asks for them.
  if (on && (left === 0 || !asked)) return null;
  const days = daysFrom(today, round.ends);
  if (days > REMIND_DAYS && !asked) return null;
  return { when: days > 0 ? "left" : days === 0 ? "last" : "late", days: Math.abs(days), signed: !!on };
}

function daysFrom(from: Day, to: Day): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}
