/** Step one: who lives here now. One touch when nothing has changed. */
import { useAction } from "../app/call";
import { go } from "../app/router";
import type { Entity } from "../core/api";
import { Button, ButtonLink, Failure, Icon, Notice, Section } from "../parts";
import { t } from "../text";
import { dateText } from "../text/format";
import { PersonHead } from "../village/person";
import { entryOf, nameOf, plainOf, textOfField } from "../village/record";
import { planHappening, turned16On } from "./events";
import { FieldGroup } from "./field_group";
import { isIdentified, isWithdrawn } from "./steps";
import { useWriting } from "./writing";

const HOUSEHOLD = ["number", "head_name", "address", "hamlet", "phone"];

export function PeopleStep() {
  const { household, path } = useWriting();
  const isHere = (person: Entity) =>
    !isWithdrawn(person) && household.people.find(({ id }) => id === person.id)?.present !== false;
  const gone = [...household.children, ...household.members].filter((person) => !isHere(person));
  const add = (what: string) => path({ name: "people", person: what });
  return (
    <>
      {!isIdentified(household) && <Notice tone="accent" title={t("visit.identify")}><p>{t("visit.identify_hint")}</p></Notice>}
      {household.document === null && <HouseholdFields />}
      <Section title={t("visit.children")}>
        {household.children.filter(isHere).map((child) => <PersonLine key={child.id} person={child} />)}
        {household.children.filter(isHere).length === 0 && <p class="hint">{t("visit.no_children")}</p>}
      </Section>
      <Section title={t("visit.adults")}>
        {household.members.filter(isHere).map((member) => <PersonLine key={member.id} person={member} />)}
        {household.members.filter(isHere).length === 0 && <p class="hint">{t("visit.no_adults")}</p>}
      </Section>
      <Section title={t("visit.newcomers")}>
        <div class="buttons">
          <ButtonLink icon="child" href={`#${add("new-birth")}`}>{t("visit.new.birth")}</ButtonLink>
          <ButtonLink icon="child" href={`#${add("new-child")}`}>{t("visit.new.child")}</ButtonLink>
          <ButtonLink icon="person" href={`#${add("new-adult")}`}>{t("visit.new.adult")}</ButtonLink>
        </div>
      </Section>
      {gone.length > 0 && (
        <details class="more">
          <summary>{t("household.gone", { n: gone.length })}</summary>
          {gone.map((person) => <PersonLine key={person.id} person={person} />)}
        </details>
      )}
      {household.document !== null && <HouseholdFields />}
    </>
  );
}

function HouseholdFields() {
  return <FieldGroup title={t("visit.household")} container="household" id={null} names={HOUSEHOLD} />;
}

function PersonLine({ person }: { person: Entity }) {
  const { household, definitions, today, path, add, set } = useWriting();
  const isChild = household.children.includes(person);
  const facts = household.people.find(({ id }) => id === person.id);
  const turned = turned16On(person);
  const sixteen = useAction(async () => {
    const { event, writes } = planHappening({ kind: "turned_16", person: person.id, date: turned }, household);
    await add(event.container, event.fields);
    for (const { container, id, field, value } of writes) await set(container, id, field, value);
  });
  const events = household.events.filter((event) => event.draft && event.fields["person"]?.value === person.id && !isWithdrawn(event));
  return (
    <article class="card person" aria-label={nameOf(person)}>
      <PersonHead {...{ household, definitions, person, today }} />
      {events.map((event) => {
        const kind = entryOf(definitions, "event_kinds", textOfField(event, "kind"));
        const date = textOfField(event, "date");
        return (
          <p key={event.id} class="line">
            <Icon name="pen" />
            {[kind ? plainOf(kind) : "", date ? dateText(date) : t("record.no_date")].filter(Boolean).join(" · ")}
          </p>
        );
      })}
      {sixteen.error && <Failure error={sixteen.error} />}
      {isChild && facts?.sixteen === "due" && (
        <Button icon="check" busy={sixteen.busy} onClick={() => void sixteen.run()}>
          {turned ? t("visit.turned_16_on", { day: dateText(turned) }) : t("visit.turned_16")}
        </Button>
      )}
      <Button
        kind="quiet"
        icon="pen"
        aria-label={t("visit.changed_of", { name: nameOf(person) })}
        onClick={() => go(path({ name: "people", person: person.id }))}
      >
        {t("visit.changed")}
      </Button>
    </article>
  );
}
