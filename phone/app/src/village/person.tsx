/** A person of a household, as known. */
import type { ComponentChildren } from "preact";
import type { Container, Definitions, Entity, Household } from "../core/api";
import { Badge, Icon } from "../parts";
import { t } from "../text";
import { isWithdrawn } from "../visit/steps";
import { RecordFacts } from "./facts";
import { ageText, fieldsOf, isDisputed, nameOf, valueText } from "./record";

const CHILD = [
  "name", "birth_date", "sex", "ethnicity", "identity_number", "relation_to_head", "birth_registration",
  "birth_registration_number", "health_insurance", "health_insurance_number", "health_insurance_used", "schooling", "school",
  "class", "occupation", "phone", "father_name", "father_birth_year", "father_occupation", "father_status", "mother_name",
  "mother_birth_year", "mother_occupation", "mother_status", "carer_name", "carer_birth_year", "carer_occupation",
  "carer_relation", "specific_address", "note",
];
const MEMBER = ["name", "birth_date", "sex", "ethnicity", "identity_number", "relation_to_head", "phone", "occupation", "note"];
/** Said in one line under the name, unless people disagree on it. */
const AT_A_GLANCE = ["birth_date", "relation_to_head", "schooling", "class"];

export function PersonCard(props: {
  household: Household;
  definitions: Definitions;
  person: Entity;
  today: string;
  children?: ComponentChildren;
}) {
  const { household, definitions, person, today } = props;
  const container: Container = household.children.includes(person) ? "children" : "members";
  const shared = { household, definitions, container, id: person.id, fields: person.fields };
  return (
    <article class="card person" aria-label={nameOf(person)}>
      <PersonHead {...{ household, definitions, person, today }} />
      {props.children}
      <details class="more">
        <summary>{t("household.everything")}</summary>
        <RecordFacts {...shared} names={container === "children" ? CHILD : MEMBER} />
      </details>
    </article>
  );
}

export function PersonHead({ household, definitions, person, today }: {
  household: Household;
  definitions: Definitions;
  person: Entity;
  today: string;
}) {
  const isChild = household.children.includes(person);
  const disputed = AT_A_GLANCE.filter((name) => isDisputed(person.fields[name]));
  return (
    <>
      <div class="person-head">
        <Icon name={isChild ? "child" : "person"} />
        <div>
          <h3>{nameOf(person)}</h3>
          <p class="hint">{glance(definitions, person, isChild ? "children" : "members", today)}</p>
        </div>
        <PersonBadges {...{ household, person }} />
      </div>
      {disputed.length > 0 && (
        <RecordFacts {...{ household, definitions }} container={isChild ? "children" : "members"} id={person.id} fields={person.fields} names={disputed} />
      )}
    </>
  );
}

/** `8 tuổi · sinh 03/05/2018 · Con · Tiểu học`. */
function glance(definitions: Definitions, person: Entity, container: Container, today: string): string {
  const said = fieldsOf(definitions, container, AT_A_GLANCE).filter(({ name }) => !isDisputed(person.fields[name])).flatMap((definition) => {
    const text = valueText(person.fields[definition.name]?.value, definition, definitions);
    return text === null ? [] : definition.name === "birth_date" ? t("record.born", { day: text }) : definition.name === "class" ? t("record.class", { name: text }) : text;
  });
  return [ageText(person, today), ...said].join(" · ");
}

export function PersonBadges({ household, person }: { household: Household; person: Entity }) {
  const facts = household.people.find(({ id }) => id === person.id);
  const isGone = facts?.present === false;
  const isPlain = !isWithdrawn(person) && !isGone && (facts?.sixteen ?? "no") === "no" && !person.draft;
  if (isPlain) return null;
  return (
    <div class="row-badges">
      {isWithdrawn(person) && <Badge icon="erase">{t("record.withdrawn")}</Badge>}
      {isGone && <Badge icon="house">{t("record.gone")}</Badge>}
      {facts?.sixteen === "due" && <Badge tone="attention" icon="alert">{t("record.sixteen_due")}</Badge>}
      {facts?.sixteen === "recorded" && <Badge icon="calendar">{t("record.sixteen")}</Badge>}
      {person.draft && <Badge tone="accent" icon="pen">{t("record.just_written")}</Badge>}
    </div>
  );
}
