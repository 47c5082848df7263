/** Recorded fields to be read: what is known, what is not, and everything that stands where people disagree. */
import type { Container, Definitions, EntityKey, FieldDefinition, FieldState, Household } from "../core/api";
import { Facts, Icon } from "../parts";
import { labelOf, t } from "../text";
import { fieldsOf, isDisputed, standing, valueText } from "./record";

/** Where the values of one field are laid out with who wrote them. */
export function valuesPath(document: string, container: Container, id: EntityKey | null, field: string): string {
  return `#/ho/${document}/${container}/${id ?? "-"}/${field}`;
}

export interface RecordFactsProps {
  definitions: Definitions;
  household: Household;
  container: Container;
  id: EntityKey | null;
  fields: Record<string, FieldState>;
  names: readonly string[];
  /** Names what is not recorded; otherwise it is left out. */
  withGaps?: boolean;
}

export function RecordFacts({ definitions, household, container, id, fields, names, withGaps }: RecordFactsProps) {
  const known = (definition: FieldDefinition) =>
    isDisputed(fields[definition.name]) || fields[definition.name]?.draft === true ||
    valueText(fields[definition.name]?.value, definition, definitions) !== null;
  const all = fieldsOf(definitions, container, names);
  const shown = all.filter(known);
  const gaps = withGaps ? all.filter((definition) => !known(definition)) : [];
  if (shown.length + gaps.length === 0) return null;
  return (
    <>
    {shown.length > 0 && <Facts
      facts={shown.map((definition) => [
        labelOf(definition),
        <FieldValues
          values={standing(fields[definition.name]).map((value) => valueText(value, definition, definitions, household))}
          href={household.document && isDisputed(fields[definition.name])
            ? valuesPath(household.document, container, id, definition.name)
            : undefined}
          label={labelOf(definition)}
          isNew={fields[definition.name]?.draft === true}
        />,
      ])}
    />}
    {gaps.length > 0 && <p class="hint">{t("record.gaps", { fields: gaps.map(labelOf).join(", ") })}</p>}
    </>
  );
}

/** One value, or all that stand side by side with the way to who wrote them. */
export function FieldValues({ values, href, label, isNew }: { values: (string | null)[]; href?: string; label: string; isNew?: boolean }) {
  const words = values.length === 0 ? [null] : values;
  return (
    <>
      {words.length === 1 ? (
        <Value text={words[0] ?? null} />
      ) : (
        <span class="values">
          <span class="values-note"><Icon name="two" />{t("record.disputed")}</span>
          <ul>{words.map((text, at) => <li key={at}><Value text={text} /></li>)}</ul>
        </span>
      )}
      {isNew && <span class="value-new"><Icon name="pen" />{t("record.just_written")}</span>}
      {href && <a class="values-link" href={href} aria-label={t("record.who_wrote_of", { field: label })}>{t("record.who_wrote")}</a>}
    </>
  );
}

function Value({ text }: { text: string | null }) {
  return text === null ? <span class="unset">{t("record.unset")}</span> : <span class="value">{text}</span>;
}
