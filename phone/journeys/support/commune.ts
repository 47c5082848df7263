/** A synthetic commune for officers' journeys: nobody in it exists. */

import { Collector, type Json } from "./collector.ts";
import type { Office } from "./office.ts";
import { day } from "./office.ts";

const DAY_MS = 86_400_000;
/** The round in which everything here was recorded. */
export const ROUND = "gia-lap-2";
/** The day it is in the commune. */
export const TODAY = day(Date.now());

export interface Child {
  ref: string;
  name: string;
  birth_date: string;
  sex: "male" | "female";
  ethnicity: string;
  [field: string]: unknown;
}

/** A household and its children, as one visit records them. */
export function family(village: string, number: number, head: string, children: Child[], more: Json = {}): { entry: Json } {
  return {
    entry: {
      village,
      visit: { date: TODAY, round: ROUND, result: "met" },
      household: { number: String(number), head_name: head, address: "Xóm Đồi", poverty_status: "neither" },
      children,
      ...more,
    },
  };
}

export function child(name: string, born: string, more: Json = {}): Child {
  return { ref: "c1", name, birth_date: born, sex: "female", ethnicity: "01", ...more };
}

/** So many ordinary households of a village, numbered from 1. */
export function families(village: string, count: number): { entry: Json }[] {
  return Array.from({ length: count }, (_, at) => {
    const number = at + 1;
    const born = `20${12 + (at % 12)}-0${1 + (at % 9)}-1${at % 10}`;
    const one = child(`Nông Thị Trẻ ${village}.${number} (giả lập)`, born, { sex: at % 2 === 0 ? "female" : "male" });
    return family(village, number, `Nông Văn Chủ ${village}.${number} (giả lập)`, [one]);
  });
}

export function openRound(office: Office): void {
  const now = Date.now();
  office.run(
    "round", "open", "--code", ROUND, "--title", "Rà soát giả lập", "--starts", day(now - 20 * DAY_MS),
    "--ends", day(now + 10 * DAY_MS), "--as-of", TODAY,
  );
}

/** Both write the same field of these households without knowing of each other: each field is then disputed. */
export function dispute(one: Collector, other: Collector, households: string[], field: string, values: [unknown, unknown]): void {
  const write = (collector: Collector, value: unknown): void => {
    const visit = { date: TODAY, round: ROUND, result: "met" };
    collector.visit(...households.map((household) => ({ household, entry: { visit, household: { [field]: value } } })));
  };
  write(one, values[0]);
  write(other, values[1]);
  one.sync();
  other.sync();
  one.sync();
}
