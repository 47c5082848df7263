/**
 * The village's households as a list: which, in which order, under which hamlet.
 *
 * Enters: rows of the core, the filters chosen, the documents a search found. Leaves: groups of rows. Pure:
 * nothing is derived of a household here that the core has not said.
 */
import type { DocumentName, HouseholdRow } from "../core/api";

export const FILTERS = ["unvisited", "special", "undecided", "changed", "unsent", "draft"] as const;
export type Filter = (typeof FILTERS)[number];

const FITS: Record<Filter, (row: HouseholdRow) => boolean> = {
  unvisited: (row) => !row.visited,
  special: (row) => row.special > 0 || row.sealed > 0,
  undecided: (row) => row.undecided > 0,
  changed: (row) => row.changed,
  unsent: (row) => row.unsent > 0 || row.refused > 0,
  draft: (row) => row.draft !== null,
};

/** Households of one hamlet; the name is empty where none is recorded. */
export interface Group {
  hamlet: string;
  rows: HouseholdRow[];
}

export interface Wanted {
  village: string;
  filters: ReadonlySet<Filter>;
  /** What a search found; null: nothing is searched for. */
  found: ReadonlySet<DocumentName> | null;
}

/** As the Vietnamese alphabet goes, and 9 before 10. */
const order = new Intl.Collator("vi", { numeric: true, sensitivity: "base" });

/** The rows that fit every filter. What was withdrawn as a mistake shows only when searched for. */
export function fitting(rows: readonly HouseholdRow[], wanted: Wanted): HouseholdRow[] {
  return rows.filter(
    (row) =>
      row.village === wanted.village &&
      (wanted.found ? wanted.found.has(row.document) : !row.withdrawn) &&
      [...wanted.filters].every((filter) => FITS[filter](row)),
  );
}

/** How many households of a village each filter would show, alone. */
export function counts(rows: readonly HouseholdRow[], village: string): Record<Filter, number> {
  const here = rows.filter((row) => row.village === village && !row.withdrawn);
  const of = (filter: Filter) => here.filter(FITS[filter]).length;
  return Object.fromEntries(FILTERS.map((filter) => [filter, of(filter)])) as Record<Filter, number>;
}

/** By hamlet, address, number; what is not recorded comes last. */
export function grouped(rows: readonly HouseholdRow[]): Group[] {
  const groups = new Map<string, Group>();
  const sorted = [...rows].sort(
    (a, b) =>
      compare(a.hamlet, b.hamlet) || compare(a.address, b.address) || compare(a.number, b.number) ||
      compare(a.head, b.head) || (a.document < b.document ? -1 : 1),
  );
  for (const row of sorted) {
    // One hamlet typed with and without a capital is one hamlet.
    const key = row.hamlet.trim().toLocaleLowerCase("vi");
    const group = groups.get(key) ?? { hamlet: row.hamlet.trim(), rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The first `limit` rows of the groups, for a list that is drawn in pieces. */
export function firstOf(groups: readonly Group[], limit: number): Group[] {
  const first: Group[] = [];
  let left = limit;
  for (const group of groups) {
    if (left <= 0) break;
    first.push(group.rows.length <= left ? group : { ...group, rows: group.rows.slice(0, left) });
    left -= group.rows.length;
  }
  return first;
}

function compare(a: string, b: string): number {
  const [left, right] = [a.trim(), b.trim()];
  if (!left || !right) return left ? -1 : right ? 1 : 0;
  return order.compare(left, right);
}
