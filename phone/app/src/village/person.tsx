/** A person of a household, as known. */
import type { ComponentChildren } from "preact";
import type { Container, Definitions, Entity, Household } from "../core/api";
import { Badge, Icon } from "../parts";
import { t } from "../text";
import { isWithdrawn } from "../visit/steps";
import { RecordFacts } from "./facts";
import { ageText, nameOf } from "./record";

const CHILD = [
  "name", "birth_date", "sex", "ethnicity", "identity_number", "relation_to_head", "birth_registration",
  "birth_registration_number", "health_insurance", "health_insurance_number", "health_insurance_used", "schooling", "school",
  "class", "occupation", "phone", "father_name", "father_birth_year", "father_occupation", "father_status", "mother_name",
  "mother_birth_year", "mother_occupation", "mother_status", "carer_name", "carer_birth_year", "carer_occupation",
  "carer_relation", "specific_address", "note",
];
const MEMBER = ["name", "birth_date", "sex", "ethnicity", "identity_number", "relation_to_head", "phone", "occupation", "note"];
/** What a glance needs; the rest is behind one touch. */
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
      <PersonHead household={household} person={person} today={today} />
      <RecordFacts {...shared} names={AT_A_GLANCE} />
      {props.children}
      <details class="more">
        <summary>{t("household.everything")}</summary>
        <RecordFacts {...shared} names={container === "children" ? CHILD : MEMBER} />
      </details>
    </article>
  );
}

export function PersonHead({ household, person, today }: { household: Household; person: Entity; today: string }) {
  const facts = household.people.find(({ id }) => id === person.id);
  return (
    <div class="person-head">
      <Icon name={household.children.some(({ id }) => id === person.id) ? "child" : "person"} />
      <div>
        <h3>{nameOf(person)}</h3>
        <p class="hint">{ageText(person, today)}</p>
      </div>
      <div class="row-badges">
        {isWithdrawn(person) && <Badge icon="erase">{t("record.withdrawn")}</Badge>}
        {facts && !facts.present && <Badge>{t("record.gone")}</Badge>}
        {facts?.sixteen === "due" && <Badge tone="attention" icon="alert">{t("record.sixteen_due")}</Badge>}
        {facts?.sixteen === "recorded" && <Badge>{t("record.sixteen")}</Badge>}
        {person.draft && <Badge tone="accent" icon="pen">{t("record.just_written")}</Badge>}
      </div>
    </div>
  );
}
