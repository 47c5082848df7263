/**
 * What happened to somebody, as the objects that record it.
 *
 * Enters: the few answers to "who, when". Leaves: objects to begin and fields to set, in order; a later one
 * may name the first one's key as its person. Pure.
 */
import type { Container, Entity, EntityKey, Household, PartialDate, Value } from "../core/api";
import { sixteenth } from "./dates";

/** How somebody comes into the household's record; `listed`: lived here, and was not in the register. */
export type ArrivalKind = "birth" | "moved_in" | "listed";

/** Where an answer about a newcomer is written. */
export interface Place {
  on: "person" | "event";
  field: string;
}

export type HappeningKind = "moved_out" | "moved_in" | "death" | "turned_16" | "injury";

export interface Happening {
  kind: HappeningKind;
  person: EntityKey;
  /** Where it follows from what is known. */
  date: PartialDate | null;
}

export interface NewObject {
  container: Container;
  fields: Record<string, Value>;
}

export interface FieldWrite {
  container: Container;
  id: EntityKey;
  field: string;
  value: Value;
}

/** Where an answer goes: the day somebody was born is the day of the birth too. */
export function placesOf(kind: ArrivalKind, field: string): Place[] {
  if (kind === "birth" && field === "birth_date") return [{ on: "person", field }, { on: "event", field: "date" }];
  if (kind === "moved_in" && (field === "date" || field === "other_place")) return [{ on: "event", field }];
  return [{ on: "person", field }];
}

/** The objects that the first answer about a newcomer begins. The event has its person once that is begun. */
export function planArrival(kind: ArrivalKind, as: "children" | "members", field: string, value: Value):
  { person: NewObject; event: Record<string, Value> | null } {
  const of = (on: Place["on"]) =>
    Object.fromEntries(placesOf(kind, field).filter((place) => place.on === on).map((place) => [place.field, value]));
  const known = of("person");
  return {
    // Somebody of whom only the day of arrival is known yet is there all the same.
    person: { container: as, fields: Object.keys(known).length > 0 ? known : { withdrawn: false } },
    event: kind === "listed" ? null : { kind, ...of("event") },
  };
}

/** The event, and what ends with it: a child's circumstances end when the child turns 16. */
export function planHappening(happening: Happening, household: Household): { event: NewObject; writes: FieldWrite[] } {
  const { kind, person, date } = happening;
  const event: NewObject = { container: "events", fields: { person, kind, ...(date ? { date } : {}) } };
  if (kind !== "turned_16") return { event, writes: [] };
  const writes = openCircumstances(household, person).flatMap((held): FieldWrite[] => [
    ...(date ? [{ container: "circumstances" as const, id: held.id, field: "end", value: date }] : []),
    { container: "circumstances", id: held.id, field: "end_reason", value: "turned_16" },
  ]);
  return { event, writes };
}

/** The day somebody turned 16, as far as the birth date tells it. */
export function turned16On(person: Entity): PartialDate | null {
  return sixteenth(person.fields["birth_date"]?.value);
}

/** A person's circumstances that have not ended and were not recorded by mistake. */
export function openCircumstances(household: Household, person: EntityKey): Entity[] {
  return household.circumstances.filter(
    (held) =>
      held.fields["person"]?.value === person && !held.fields["end"]?.value && held.fields["withdrawn"]?.value !== true,
  );
}

/** What an event's page asks besides its day. */
export function asksOf(kind: string): string[] {
  if (kind === "death" || kind === "injury") return ["date", "cause", "note"];
  if (kind === "moved_out" || kind === "moved_in") return ["date", "other_place", "note"];
  return ["date"];
}
