/**
 * A visit under way, and the only ways in which its steps write: one field at a time, durably.
 *
 * Every write asks the core for the visit again, so that what is shown is what is kept.
 */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Calls, Container, Day, Definitions, Entity, EntityKey, FieldState, Household, Value, Visit } from "../core/api";
import type { Session } from "../app/session";
import type { Step } from "./steps";

export interface Writing {
  visit: Visit;
  household: Household;
  definitions: Definitions;
  today: Day;
  set(container: Container, id: EntityKey | null, field: string, value: Value): Promise<void>;
  /** Takes back what this visit wrote in a field. */
  restore(container: Container, id: EntityKey | null, field: string): Promise<void>;
  add(container: Container, fields: Record<string, Value>): Promise<EntityKey>;
  /** Writes of the visit itself: its note, its result. A visit has one such object. */
  setVisit(fields: Record<string, Value>): Promise<void>;
  /** Takes back an object begun in this visit. */
  remove(container: Container, id: EntityKey): Promise<void>;
  seal(report: Omit<Calls["seal"]["args"], "document">): Promise<void>;
  /** The address of a step, or of a place within one. */
  path(step: Step, within?: string): string;
}

export function createWriting(
  session: Session,
  visit: Visit,
  definitions: Definitions,
  path: Writing["path"],
  reload: () => void,
): Writing {
  const { draft, household } = visit;
  const { core } = session;
  return {
    visit,
    household,
    definitions,
    today: session.home.value?.today ?? visit.date,
    path,
    async set(container, id, field, value) {
      await core.call("visit_set", { draft, container, id, field, value });
      reload();
    },
    async restore(container, id, field) {
      await core.call("visit_restore", { draft, container, id, field });
      reload();
    },
    async add(container, fields) {
      const { id } = await core.call("visit_add", { draft, container, fields });
      reload();
      return id;
    },
    async setVisit(fields) {
      const own = ownVisit(household);
      if (own?.draft) {
        for (const [field, value] of Object.entries(fields)) {
          await core.call("visit_set", { draft, container: "visits", id: own.id, field, value });
        }
      } else {
        await core.call("visit_add", { draft, container: "visits", fields });
      }
      reload();
    },
    async remove(container, id) {
      await core.call("visit_remove", { draft, container, id });
      reload();
    },
    async seal(report) {
      if (household.document === null) throw { code: "fault" };
      await core.call("seal", { document: household.document, ...report });
      reload();
    },
  };
}

export const WritingContext = createContext<Writing | null>(null);

export function useWriting(): Writing {
  const writing = useContext(WritingContext);
  if (!writing) throw new Error("no visit above this component");
  return writing;
}

/** Fields of an object of the visit's household; `id` null: the household's own. */
export function fieldsIn(household: Household, container: Container, id: EntityKey | null): Record<string, FieldState> {
  if (container === "household" || id === null) return household.household;
  return household[container].find((entity) => entity.id === id)?.fields ?? {};
}

/** The object of the visit under way, once something of it is written: the others have come to an end. */
export function ownVisit(household: Household): Entity | undefined {
  return household.visits.find((visit) => visit.draft || visit.fields["result"] === undefined);
}

/** Whether the object itself was begun in this visit. */
export function isBegun(household: Household, container: Container, id: EntityKey | null): boolean {
  if (container === "household" || id === null) return household.document === null;
  return household[container].find((entity) => entity.id === id)?.draft === true;
}
