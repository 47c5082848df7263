/** Everything known of one household, what was decided about it, and what is still to be asked. */
import { useEffect } from "preact/hooks";
import { useAction, useCall, useDefinitions } from "../app/call";
import { go, isIn } from "../app/router";
import { useSession } from "../app/session";
import type { Container, Definitions, Entity, Household } from "../core/api";
import { ActionBar, Badge, Button, ButtonLink, Card, Facts, Failure, Icon, List, Loading, Notice, Page, Row, Section } from "../parts";
import { labelOf, t } from "../text";
import { dateText, momentDayText } from "../text/format";
import { isWithdrawn } from "../visit/steps";
import { DecisionNotes } from "./decisions";
import { RecordFacts } from "./facts";
import { IssueList } from "./issues";
import { PersonCard } from "./person";
import { circumstanceWords, eventWords, holdsOf, supportWords } from "./holds";
import { fieldOf, headOf, nameOf, personOf, textOfField, valueText } from "./record";

const CONTACT = ["number", "head_name", "address", "hamlet", "phone", "poverty_status", "poverty_year", "poverty_basis", "note"];

export function HouseholdPage({ document }: { document: string }) {
  const session = useSession();
  const definitions = useDefinitions();
  const household = useCall("household", { document });
  const begin = useAction(async () => {
    const draft = household.data?.draft;
    const visit = draft ? { draft } : await session.core.call("visit_start", { document, village: household.data?.village.code ?? "" });
    if (isIn(`/ho/${document}`)) go(`/tham/${visit.draft}`);
  });

  // Opening the page is looking at what others changed; what was decided stays marked on this page.
  const loaded = household.data !== null;
  useEffect(() => {
    if (!loaded) return;
    return () => void session.core.call("mark_seen", { document }).catch(() => undefined);
  }, [session, document, loaded]);

  const data = household.data;
  return (
    <Page
      title={data ? headOf(data) : t("household.title")}
      subtitle={data ? subtitleOf(data) : undefined}
      back="/"
      ready={data !== null && definitions !== null}
      about={{ document }}
    >
      {household.error && <Failure error={household.error} />}
      {!data || !definitions ? (
        !household.error && <Loading />
      ) : (
        <>
          <Contents household={data} definitions={definitions} today={session.home.value?.today ?? ""} />
          {begin.error && <Failure error={begin.error} />}
          <ActionBar>
            <Button kind="primary" icon="pen" busy={begin.busy} onClick={() => void begin.run()}>
              {t(data.draft ? "household.resume" : "household.visit")}
            </Button>
          </ActionBar>
        </>
      )}
    </Page>
  );
}

function subtitleOf(household: Household): string {
  const number = textOfField({ id: "", fields: household.household }, "number");
  return [number && t("village.number", { number }), household.village.name].filter(Boolean).join(" · ");
}

function Contents({ household, definitions, today }: { household: Household; definitions: Definitions; today: string }) {
  const phone = household.household["phone"]?.value;
  const shared = { household, definitions };
  const here = (people: Entity[]) => people.filter((person) => !isWithdrawn(person) && isPresent(household, person));
  const gone = [...household.children, ...household.members].filter((person) => !here([person]).length);
  return (
    <>
      {household.household["withdrawn"]?.value === true && <Notice tone="attention">{t("household.withdrawn")}</Notice>}
      {household.waiting.refused > 0 && (
        <Notice tone="bad" title={t("household.refused", { n: household.waiting.refused })}>
          <a href="#/gui-nhan">{t("household.refused_next")}</a>
        </Notice>
      )}
      {household.waiting.unsent > 0 && (
        <p class="line"><Icon name="waiting" />{t("household.unsent", { n: household.waiting.unsent })}</p>
      )}
      <DecisionNotes {...shared} />
      <IssueList {...shared} issues={household.issues} />
      <Section title={t("household.contact")}>
        <Card>
          {typeof phone === "string" && phone !== "" && (
            <ButtonLink icon="phone" href={`tel:${phone.replace(/[^\d+]/g, "")}`}>{t("household.call", { phone })}</ButtonLink>
          )}
          <RecordFacts {...shared} container="household" id={null} fields={household.household} names={CONTACT} />
        </Card>
      </Section>
      <Section title={t("household.children", { n: here(household.children).length })}>
        {here(household.children).map((child) => <ChildPart key={child.id} {...shared} child={child} today={today} />)}
        {here(household.children).length === 0 && <p class="hint">{t("household.no_children")}</p>}
      </Section>
      <Section title={t("household.members", { n: here(household.members).length })}>
        {here(household.members).map((member) => <PersonCard key={member.id} {...shared} person={member} today={today} />)}
        {here(household.members).length === 0 && <p class="hint">{t("household.no_members")}</p>}
      </Section>
      <Sealed household={household} />
      <Past {...shared} title={t("household.events")} container="events" entities={household.events} words={eventWords} />
      {gone.length > 0 && (
        <details class="more">
          <summary>{t("household.gone", { n: gone.length })}</summary>
          {gone.map((person) => <PersonCard key={person.id} {...shared} person={person} today={today} />)}
        </details>
      )}
      <Visits {...shared} />
      <Links household={household} definitions={definitions} />
    </>
  );
}

function isPresent(household: Household, person: Entity): boolean {
  return household.people.find((facts) => facts.id === person.id)?.present !== false;
}

/** A child, and under it the circumstances and supports of that child. */
function ChildPart({ household, definitions, child, today }: { household: Household; definitions: Definitions; child: Entity; today: string }) {
  const shared = { household, definitions };
  const circumstances = holdsOf(household.circumstances, child.id, today);
  const supports = holdsOf(household.supports, child.id, today);
  return (
    <PersonCard {...shared} person={child} today={today}>
      {circumstances.now.length > 0 && (
        <div>
          <h4>{t("household.circumstances")}</h4>
          <ul class="holds">{circumstances.now.map((held) => <li key={held.id}>{circumstanceWords(held, definitions, household)}</li>)}</ul>
        </div>
      )}
      {supports.now.length > 0 && (
        <div>
          <h4>{t("household.supports")}</h4>
          <ul class="holds">{supports.now.map((held) => <li key={held.id}>{supportWords(held, definitions, household)}</li>)}</ul>
        </div>
      )}
      {circumstances.past.length + supports.past.length > 0 && (
        <details class="more">
          <summary>{t("household.past", { n: circumstances.past.length + supports.past.length })}</summary>
          <ul class="holds">
            {circumstances.past.map((held) => <li key={held.id}>{circumstanceWords(held, definitions, household)}</li>)}
            {supports.past.map((held) => <li key={held.id}>{supportWords(held, definitions, household)}</li>)}
          </ul>
        </details>
      )}
    </PersonCard>
  );
}

function Sealed({ household }: { household: Household }) {
  if (household.sealed.length === 0) return null;
  return (
    <Section title={t("household.sealed")} hint={t("household.sealed_hint")}>
      <List>
        {household.sealed.map((report) => (
          <Row
            key={report.id}
            icon="seal"
            title={report.at === null ? t("household.sealed_one") : t("household.sealed_on", { day: momentDayText(report.at) })}
            badges={
              report.state === "arrived"
                ? <Badge tone="good" icon="check">{t("household.sealed_arrived")}</Badge>
                : <Badge icon="waiting">{t("household.sealed_waiting")}</Badge>
            }
          />
        ))}
      </List>
    </Section>
  );
}

function Past(props: {
  title: string;
  container: Container;
  entities: Entity[];
  household: Household;
  definitions: Definitions;
  words: typeof eventWords;
}) {
  const shown = props.entities
    .filter((entity) => !isWithdrawn(entity))
    .sort((a, b) => (textOfField(b, "date") < textOfField(a, "date") ? -1 : 1));
  if (shown.length === 0) return null;
  return (
    <Section title={props.title}>
      <Card>
        <ul class="holds">{shown.map((entity) => <li key={entity.id}>{props.words(entity, props.definitions, props.household)}</li>)}</ul>
      </Card>
    </Section>
  );
}

function Visits({ household, definitions }: { household: Household; definitions: Definitions }) {
  const visits = [...household.visits].sort((a, b) => (textOfField(b, "date") < textOfField(a, "date") ? -1 : 1));
  const result = fieldOf(definitions, "visits", "result");
  if (visits.length === 0) return null;
  return (
    <Section title={t("household.visits")}>
      <List>
        {visits.map((visit) => (
          <Row
            key={visit.id}
            icon="calendar"
            title={dateText(textOfField(visit, "date")) || t("record.no_date")}
            detail={[valueText(visit.fields["result"]?.value, result, definitions), textOfField(visit, "note")].filter(Boolean).join(" · ")}
          />
        ))}
      </List>
    </Section>
  );
}

/** What ties a person here to a record elsewhere: decided at the office, only read here. */
function Links({ household, definitions }: { household: Household; definitions: Definitions }) {
  if (household.links.length === 0) return null;
  const kind = fieldOf(definitions, "links", "kind");
  return (
    <Section title={kind ? labelOf(kind) : ""}>
      <Card>
        {household.links.map((link) => (
          <Facts
            key={link.id}
            facts={[[nameOf(personOf(household, link.fields["person"]?.value)), [
              valueText(link.fields["kind"]?.value, kind, definitions), textOfField(link, "reason"),
            ].filter(Boolean).join(" · ")]]}
          />
        ))}
      </Card>
    </Section>
  );
}
