/** What was decided about disputed fields, by whom and why; what was not looked at yet comes first. */
import { useState } from "preact/hooks";
import type { Author, DecisionNote, Definitions, Household } from "../core/api";
import { Badge, Section } from "../parts";
import { labelOf, t } from "../text";
import { momentText } from "../text/format";
import { entityName, fieldOf, valueText } from "./record";

export function DecisionNotes({ household, definitions }: { household: Household; definitions: Definitions }) {
  // Marked as seen when the page is left; until then what was new stays first.
  const [news] = useState(() => new Set(household.decisions.filter(({ unseen }) => unseen).map(({ id }) => id)));
  const fresh = household.decisions.filter(({ id, unseen }) => unseen || news.has(id));
  const known = household.decisions.filter((decision) => !fresh.includes(decision));
  if (household.decisions.length === 0) return null;
  return (
    <Section title={t("decisions.title")}>
      {fresh.length > 0 && (
        <ul class="decisions">
          {fresh.map((decision) => <Decision key={decision.id} {...{ decision, household, definitions }} isNew />)}
        </ul>
      )}
      {known.length > 0 && (
        <details class="more">
          <summary>{t("decisions.known", { n: known.length })}</summary>
          <ul class="decisions">{known.map((decision) => <Decision key={decision.id} {...{ decision, household, definitions }} />)}</ul>
        </details>
      )}
    </Section>
  );
}

export function Decision({ decision, household, definitions, isNew }: {
  decision: DecisionNote;
  household: Household;
  definitions: Definitions;
  isNew?: boolean;
}) {
  const definition = fieldOf(definitions, decision.container, decision.field);
  const words = valueText(decision.value, definition, definitions, household);
  return (
    <li class={isNew ? "card card-accent" : "card"}>
      {isNew && <p><Badge tone="accent" icon="info">{t("decisions.new")}</Badge></p>}
      <p>
        <span class="hint">{[entityName(household, definitions, decision.container, decision.entity), definition ? labelOf(definition) : decision.field].filter(Boolean).join(" · ")}</span>
        <strong class="block">{words ?? t("record.unset")}</strong>
      </p>
      <p>{decision.reason ? t("decisions.reason", { reason: decision.reason }) : t("decisions.no_reason")}</p>
      <p class="hint">{authorText(decision.who)}{decision.at !== null && ` · ${momentText(decision.at)}`}</p>
    </li>
  );
}

/** Who wrote something, as a collector calls them. */
export function authorText(author: Author): string {
  switch (author.kind) {
    case "me":
      return t("author.me");
    case "office":
      return t("author.office");
    case "device":
      return author.name || t("author.device");
  }
}
