/** Circumstances, supports and events of people in one line each: plain words first, the official line beside. */
import type { Container, Definitions, Entity, EntityKey, Household } from "../core/api";
import { Icon } from "../parts";
import { labelOf, t } from "../text";
import { dateText } from "../text/format";
import { valuesPath } from "./facts";
import { entryOf, isDisputed, nameOf, personOf, plainOf, textOfField } from "./record";

/** What of a person holds on a day, and what has ended. Withdrawn records are neither. */
export function holdsOf(entities: Entity[], person: EntityKey, today: string): { now: Entity[]; past: Entity[] } {
  const theirs = entities.filter(
    (entity) => entity.fields["person"]?.value === person && entity.fields["withdrawn"]?.value !== true,
  );
  const hasEnded = (entity: Entity) => {
    const end = textOfField(entity, "end");
    return end !== "" && end <= today;
  };
  return { now: theirs.filter((entity) => !hasEnded(entity)), past: theirs.filter(hasEnded) };
}

export function circumstanceWords(held: Entity, definitions: Definitions, household: Household) {
  const code = textOfField(held, "code");
  const entry = entryOf(definitions, "circumstances", code);
  return (
    <>
      <strong>{entry ? plainOf(entry) : code || t("record.unset")}</strong>
      {entry && <OfficialLine code={code} label={entry.label} />}
      <Since held={held} />
      {textOfField(held, "note") && <span class="hint">{textOfField(held, "note")}</span>}
      <Disputes entity={held} container="circumstances" household={household} />
    </>
  );
}

/** The line of the official form, as the form has it. */
export function OfficialLine({ code, label }: { code: string; label: string }) {
  return <span class="official" lang="vi">{t("record.official", { code, label })}</span>;
}

export function supportWords(held: Entity, definitions: Definitions, household: Household) {
  const entry = entryOf(definitions, "support_forms", textOfField(held, "form"));
  const received = held.fields["received"]?.value !== false;
  return (
    <>
      <strong>
        {t(received ? "record.support_received" : "record.support_needed")}: {entry ? plainOf(entry) : t("record.unset")}
      </strong>
      <Since held={held} />
      <span class="hint">{["source", "amount", "note"].map((name) => textOfField(held, name)).filter(Boolean).join(" · ")}</span>
      <Disputes entity={held} container="supports" household={household} />
    </>
  );
}

export function eventWords(event: Entity, definitions: Definitions, household: Household) {
  const kind = entryOf(definitions, "event_kinds", textOfField(event, "kind"));
  const cause = entryOf(definitions, "causes", textOfField(event, "cause"));
  const date = textOfField(event, "date");
  return (
    <>
      <strong>{nameOf(personOf(household, event.fields["person"]?.value))}: {kind ? plainOf(kind) : t("record.unset")}</strong>
      <span class="hint">
        {[date ? dateText(date) : t("record.no_date"), cause && labelOf(cause), textOfField(event, "other_place"), textOfField(event, "note")]
          .filter(Boolean).join(" · ")}
      </span>
      <Disputes entity={event} container="events" household={household} />
    </>
  );
}

function Since({ held }: { held: Entity }) {
  const [start, end] = [textOfField(held, "start"), textOfField(held, "end")];
  const words = [start && t("record.since", { day: dateText(start) }), end && t("record.until", { day: dateText(end) })].filter(Boolean);
  return words.length > 0 ? <span class="hint">{words.join(", ")}</span> : null;
}

/** The way to every field of this object on which people wrote different things. */
function Disputes({ entity, container, household }: { entity: Entity; container: Container; household: Household }) {
  const fields = Object.entries(entity.fields).filter(([, field]) => isDisputed(field));
  if (fields.length === 0 || !household.document) return null;
  const document = household.document;
  return (
    <>
      {fields.map(([name]) => (
        <a key={name} class="values-link" href={valuesPath(document, container, entity.id, name)}>
          <Icon name="two" />
          {t("record.disputed_field")}
        </a>
      ))}
    </>
  );
}
