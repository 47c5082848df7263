/** What happened to one person: each event asks its day and little else. Also what was recorded by mistake. */
import { useAction } from "../app/call";
import { go, isIn } from "../app/router";
import type { Entity } from "../core/api";
import { Button, ButtonLink, Card, ConfirmButton, Failure, Notice, Section } from "../parts";
import { t } from "../text";
import { PersonBadges } from "../village/person";
import { entryOf, fieldOf, nameOf, plainOf, textOfField, valueText } from "../village/record";
import { asksOf, planHappening, turned16On, type HappeningKind } from "./events";
import { FieldGroup, VisitField } from "./field_group";
import { Mistake, Withdrawn } from "./mistake";
import { isWithdrawn } from "./steps";
import { useWriting } from "./writing";

const MEMBER = ["name", "birth_date", "sex", "ethnicity", "identity_number", "relation_to_head", "phone", "occupation", "note"];

export function PersonStep({ person }: { person: Entity }) {
  const { household, definitions, path, add, set, remove } = useWriting();
  const isChild = household.children.includes(person);
  const container = isChild ? "children" : "members";
  const facts = household.people.find(({ id }) => id === person.id);
  const events = household.events.filter((event) => event.fields["person"]?.value === person.id && !isWithdrawn(event));

  const begin = useAction(async (kind: HappeningKind) => {
    const date = kind === "turned_16" ? turned16On(person) : null;
    const { event, writes } = planHappening({ kind, person: person.id, date }, household);
    await add(event.container, event.fields);
    for (const write of writes) await set(write.container, write.id, write.field, write.value);
  });
  const withdraw = useAction(async () => {
    if (person.draft) {
      for (const about of ["events", "circumstances", "supports"] as const) {
        for (const entity of household[about].filter((entity) => entity.fields["person"]?.value === person.id)) await remove(about, entity.id);
      }
      await remove(container, person.id);
      if (isIn(path({ name: "people", person: person.id }))) go(path({ name: "people", person: null }), { replace: true });
    } else {
      await set(container, person.id, "withdrawn", true);
    }
  });
  const bring = useAction(() => set(container, person.id, "withdrawn", false));

  const kinds: HappeningKind[] = facts?.present === false
    ? ["moved_in"]
    : ["moved_out", "death", ...(isChild ? (["turned_16", "injury"] as const) : [])];
  const isOpen = (kind: HappeningKind) =>
    !events.some((event) => event.draft && textOfField(event, "kind") === kind) && !(kind === "turned_16" && facts?.sixteen === "recorded");
  return (
    <>
      <PersonBadges {...{ household, person }} />
      {isWithdrawn(person) && (
        <Notice tone="attention" title={t("record.withdrawn")}>
          <Button icon="undo" busy={bring.busy} onClick={() => void bring.run()}>{t("visit.bring_back")}</Button>
        </Notice>
      )}
      {events.filter((event) => event.draft).map((event) => <EventCard key={event.id} event={event} />)}
      {!isWithdrawn(person) && (
        <Section title={t("visit.happened", { name: nameOf(person) })}>
          {begin.error && <Failure error={begin.error} />}
          <div class="buttons">
            {kinds.filter(isOpen).map((kind) => (
              <Button key={kind} busy={begin.busy} onClick={() => void begin.run(kind)}>{t(`visit.event.${kind}`)}</Button>
            ))}
          </div>
        </Section>
      )}
      {isChild ? (
        <ButtonLink icon="pen" href={`#${path({ name: "children", person: person.id })}`}>{t("visit.child_details")}</ButtonLink>
      ) : (
        <FieldGroup title={t("visit.details")} container="members" id={person.id} names={MEMBER} />
      )}
      {events.filter((event) => !event.draft).map((event) => {
        const kind = textOfField(event, "kind");
        const entry = entryOf(definitions, "event_kinds", kind);
        return <FieldGroup key={event.id} title={t("visit.known_event", { kind: entry ? plainOf(entry) : kind })} container="events" id={event.id} names={asksOf(kind)}><Mistake container="events" entity={event} what={entry ? plainOf(entry) : kind} /></FieldGroup>;
      })}
      <Withdrawn
        container="events"
        entities={household.events.filter((event) => event.fields["person"]?.value === person.id)}
        name={(event) => valueText(textOfField(event, "kind"), fieldOf(definitions, "events", "kind"), definitions) ?? ""}
      />
      {withdraw.error && <Failure error={withdraw.error} />}
      {!isWithdrawn(person) && (
        <ConfirmButton
          kind="quiet"
          icon="erase"
          busy={withdraw.busy}
          title={t("visit.mistake_title", { name: nameOf(person) })}
          explain={<p>{t("visit.mistake_explain")}</p>}
          confirm={t("visit.mistake_confirm")}
          onConfirm={() => void withdraw.run()}
        >
          {t("visit.mistake")}
        </ConfirmButton>
      )}
    </>
  );
}

function EventCard({ event }: { event: Entity }) {
  const { household, definitions, remove, restore } = useWriting();
  const kind = textOfField(event, "kind");
  const entry = entryOf(definitions, "event_kinds", kind);
  const takeBack = useAction(async () => {
    // What ended because of it goes on.
    const ended = household.circumstances.filter(
      (held) => held.fields["person"]?.value === event.fields["person"]?.value && held.fields["end_reason"]?.draft && textOfField(held, "end_reason") === "turned_16",
    );
    if (kind === "turned_16") {
      for (const held of ended) {
        await restore("circumstances", held.id, "end_reason");
        await restore("circumstances", held.id, "end");
      }
    }
    await remove("events", event.id);
  });
  return (
    <Card tone="accent" icon="pen" title={entry ? plainOf(entry) : kind}>
      {asksOf(kind).map((name) => <VisitField key={name} container="events" id={event.id} name={name} lines={name === "note" ? 2 : undefined} />)}
      {kind === "turned_16" && <p class="hint">{t("visit.turned_16_ends")}</p>}
      {takeBack.error && <Failure error={takeBack.error} />}
      <Button kind="quiet" icon="undo" busy={takeBack.busy} onClick={() => void takeBack.run()}>{t("visit.take_back")}</Button>
    </Card>
  );
}
