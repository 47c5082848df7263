/** Somebody who was born, has come, or was never in the register: begun with the first answer, kept from there on. */
import { useRef, useState } from "preact/hooks";
import type { Container, EntityKey, Value } from "../core/api";
import { Button, Card, FieldEditor, Notice, RadioList } from "../parts";
import { t } from "../text";
import { fieldOf } from "../village/record";
import { placesOf, planArrival, type ArrivalKind } from "./events";
import { goOn } from "./leave";
import { fieldsIn, useWriting } from "./writing";

export const NEWCOMERS = ["new-birth", "new-child", "new-adult"] as const;
export type Newcomer = (typeof NEWCOMERS)[number];

const ASKED: Record<ArrivalKind, readonly [Container | "person", string][]> = {
  birth: [["person", "name"], ["person", "birth_date"], ["person", "sex"]],
  moved_in: [["person", "name"], ["events", "date"], ["events", "other_place"], ["person", "birth_date"], ["person", "sex"], ["person", "relation_to_head"]],
  listed: [["person", "name"], ["person", "birth_date"], ["person", "sex"], ["person", "relation_to_head"]],
};

interface Begun {
  person: EntityKey;
  event: EntityKey | null;
}

export function NewcomerStep({ what }: { what: Newcomer }) {
  const writing = useWriting();
  const { household, definitions, today, path } = writing;
  const as = what === "new-adult" ? "members" : "children";
  const [kind, setKind] = useState<ArrivalKind | null>(what === "new-birth" ? "birth" : null);
  const begun = useRef<Promise<Begun> | null>(null);
  const [ids, setIds] = useState<Begun | null>(null);

  /** One after another: the first answer begins the person, the others find it begun. */
  async function save(kind: ArrivalKind, field: string, value: Value): Promise<void> {
    const before = begun.current;
    if (!before) {
      begun.current = begin(kind, field, value);
      try {
        setIds(await begun.current);
      } catch (failure) {
        begun.current = null;
        throw failure;
      }
      return;
    }
    const { person, event } = await before;
    for (const place of placesOf(kind, field)) {
      if (place.on === "person") await writing.set(as, person, place.field, value);
      else if (event !== null) await writing.set("events", event, place.field, value);
    }
  }

  async function begin(kind: ArrivalKind, field: string, value: Value): Promise<Begun> {
    const plan = planArrival(kind, as, field, value);
    const person = await writing.add(plan.person.container, plan.person.fields);
    const event = plan.event ? await writing.add("events", { person, ...plan.event }) : null;
    return { person, event };
  }

  return (
    <>
      {what !== "new-birth" && (
        <div class="unsaved">
          <RadioList
            label={t("visit.new.how")}
            value={kind}
            options={(["moved_in", "listed"] as const).map((value) => ({ value, label: t(`visit.new.${value}`) }))}
            onSave={(value) => { if (ids === null) setKind(value); }}
          />
        </div>
      )}
      {kind && (
        <Card>
          {ASKED[kind].map(([where, name]) => {
            const container = where === "person" ? as : where;
            const definition = fieldOf(definitions, container, name);
            const id = ids && (where === "person" ? ids.person : ids.event);
            if (!definition) return null;
            return (
              <FieldEditor
                key={name}
                definition={definition}
                label={where === "events" && name === "date" ? t("visit.new.date") : where === "events" ? t("visit.new.from") : undefined}
                value={id === null ? null : (fieldsIn(household, container, id)[name]?.value ?? null)}
                latest={today}
                today={name === "birth_date" && kind !== "birth" ? undefined : today}
                onSave={(value) => (ids === null && value === null ? undefined : save(kind, name, value))}
              />
            );
          })}
        </Card>
      )}
      {ids && <Notice tone="good">{t(as === "children" ? "visit.new.more_child" : "visit.new.more_adult")}</Notice>}
      <Button kind="primary" icon="check" onClick={() => goOn(path({ name: "people", person: null }))}>{t("visit.new.done")}</Button>
    </>
  );
}
