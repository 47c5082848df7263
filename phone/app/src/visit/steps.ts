/**
 * The short steps of a visit, and where in them everything has its place.
 *
 * Enters: the visit's household, issues. Leaves: steps by name, the name that `visit_step` keeps so that a
 * killed visit opens where it was, and the step where an issue is mended. Pure.
 */
import type { Container, Entity, EntityKey, Household, Issue } from "../core/api";

export const STEPS = ["people", "children", "circumstances", "supports", "notes", "finish"] as const;
export type StepName = (typeof STEPS)[number];

/** A step, and the person it is at; `people` without one: everybody. */
export interface Step {
  name: StepName;
  person: EntityKey | null;
}

/** Steps that are taken child by child. */
const BY_CHILD: readonly StepName[] = ["children", "circumstances", "supports"];

/** As kept by the core; of what is not understood, the beginning. */
export function readStep(text: string): Step {
  const [name = "", person = null] = text.split("/", 2);
  const found = STEPS.find((step) => step === name);
  return found ? { name: found, person: person || null } : { name: "people", person: null };
}

export function writeStep(step: Step): string {
  return step.person === null ? step.name : `${step.name}/${step.person}`;
}

/** Children of whom something is asked: here, not withdrawn, not 16. */
export function childrenHere(household: Household): Entity[] {
  const facts = new Map(household.people.map((person) => [person.id, person]));
  return household.children.filter((child) => {
    const person = facts.get(child.id);
    return !isWithdrawn(child) && (!person || (person.present && person.sixteen !== "recorded"));
  });
}

/** All steps of this household's visit, child by child. The household's own questions come with the first. */
export function route(household: Household): Step[] {
  const children = childrenHere(household).map((child) => child.id);
  return STEPS.flatMap((name): Step[] => {
    if (!BY_CHILD.includes(name)) return [{ name, person: null }];
    const each = children.map((person) => ({ name, person }));
    return name === "circumstances" ? [{ name, person: null }, ...each] : each;
  });
}

/** The step itself; where its person is no longer asked about, the first of its name or the next after. */
export function settle(step: Step, steps: readonly Step[]): Step {
  const at = steps.findIndex((other) => isSame(other, step));
  if (at >= 0) return steps[at]!;
  const from = STEPS.indexOf(step.name);
  return steps.find((other) => STEPS.indexOf(other.name) >= from) ?? { name: "finish", person: null };
}

export function neighbours(step: Step, steps: readonly Step[]): { before: Step | null; after: Step | null } {
  const at = steps.findIndex((other) => isSame(other, step));
  return { before: at > 0 ? steps[at - 1]! : null, after: at >= 0 ? (steps[at + 1] ?? null) : null };
}

export function isSame(a: Step, b: Step): boolean {
  return a.name === b.name && a.person === b.person;
}

/** Where an issue is mended. */
export function stepOf(issue: Pick<Issue, "container" | "id" | "field">, household: Household): Step {
  const personOf = (entities: Entity[]) =>
    stringOf(entities.find((entity) => entity.id === issue.id)?.fields["person"]?.value);
  const places: Record<Container, () => Step> = {
    household: () => ({ name: issue.field?.startsWith("poverty") ? "circumstances" : "people", person: null }),
    members: () => ({ name: "people", person: null }),
    children: () => ({ name: "children", person: issue.id }),
    circumstances: () => ({ name: "circumstances", person: personOf(household.circumstances) }),
    supports: () => ({ name: "supports", person: personOf(household.supports) }),
    events: () => ({ name: "people", person: null }),
    visits: () => ({ name: "finish", person: null }),
    links: () => ({ name: "finish", person: null }),
  };
  return settle(places[issue.container](), route(household));
}

/** Fields written in this visit that a step shows: none means that nothing has changed here. */
export function writtenIn(step: Step, household: Household): number {
  const drafts = (entities: Entity[]) =>
    entities.reduce((sum, entity) => sum + Object.values(entity.fields).filter((field) => field.draft).length, 0);
  const own = (names: (name: string) => boolean) =>
    Object.entries(household.household).filter(([name, field]) => field.draft && names(name)).length;
  const ofPerson = (entities: Entity[]) =>
    entities.filter((entity) => entity.fields["person"]?.value === step.person);
  switch (step.name) {
    case "people":
      return (
        drafts(household.members) + drafts(household.events) + drafts(household.children.filter((child) => child.draft)) +
        own((name) => name !== "note" && !name.startsWith("poverty"))
      );
    case "children":
      return drafts(household.children.filter((child) => child.id === step.person));
    case "circumstances":
      return step.person === null
        ? own((name) => name.startsWith("poverty"))
        : drafts(ofPerson(household.circumstances));
    case "supports":
      return drafts(ofPerson(household.supports));
    case "notes":
      return own((name) => name === "note");
    case "finish":
      return 0;
  }
}

/** Whether the household can be told from others: the one thing that must be there. */
export function isIdentified(household: Household): boolean {
  return ["number", "head_name"].some((name) => stringOf(household.household[name]?.value).trim() !== "");
}

export function isWithdrawn(entity: Entity): boolean {
  return entity.fields["withdrawn"]?.value === true;
}

function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
