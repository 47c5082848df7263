/** Step three: what the household is certified as, and for each child what still holds, what has ended, what is new. */
import { go } from "../app/router";
import type { Entity } from "../core/api";
import { Button, Card, Icon, Notice, Section, Segments } from "../parts";
import { t } from "../text";
import { dateText } from "../text/format";
import { OfficialLine } from "../village/holds";
import { PersonBadges } from "../village/person";
import { entryOf, fieldOf, plainOf, textOfField, valueText } from "../village/record";
import { FieldGroup, VisitField } from "./field_group";
import { ADD } from "./find_circumstance";
import { Mistake, Withdrawn } from "./mistake";
import { isWithdrawn } from "./steps";
import { useWriting } from "./writing";

/** The others are told by an event: who died, moved away or turned 16. */
const ASKED_REASONS = ["resolved", "reclassified", "other", "unknown"];
const POVERTY = ["poverty_status", "poverty_year", "poverty_basis"];

export function PovertyStep() {
  return <FieldGroup title={t("visit.poverty")} hint={t("visit.poverty_hint")} container="household" id={null} names={POVERTY} />;
}

export function CircumstancesStep({ child }: { child: Entity }) {
  const { household, definitions, path } = useWriting();
  const held = household.circumstances.filter(
    (held) => held.fields["person"]?.value === child.id && !isWithdrawn(held) && !endedBefore(held),
  );
  const isSpecial = held.some((held) => textOfField(held, "code").startsWith("II.") && textOfField(held, "end") === "");
  return (
    <div class="stack" key={child.id}>
      <PersonBadges {...{ household, person: child }} />
      {held.length === 0 ? (
        <p>{t("visit.holds_none")}</p>
      ) : (
        <Section title={t("visit.holds")}>
          {held.map((held) => <Held key={held.id} held={held} />)}
        </Section>
      )}
      <Withdrawn
        container="circumstances"
        entities={household.circumstances.filter((held) => held.fields["person"]?.value === child.id)}
        name={(held) => valueText(textOfField(held, "code"), fieldOf(definitions, "circumstances", "code"), definitions) ?? ""}
      />
      <Button icon="plus" onClick={() => go(path({ name: "circumstances", person: child.id }, ADD))}>{t("visit.holds_add")}</Button>
      {isSpecial && (
        <Card tone="attention" icon="pin" title={t("visit.where")}>
          <p class="hint">{addressHint(textOfField({ id: "", fields: household.household }, "address"))}</p>
          <VisitField container="children" id={child.id} name="specific_address" />
        </Card>
      )}
      {household.sealed.length > 0 && <Notice icon="seal">{t("visit.sealed_there", { n: household.sealed.length })}</Notice>}
    </div>
  );
}

function addressHint(address: string): string {
  return address ? t("visit.where_hint_address", { address }) : t("visit.where_hint");
}

/** Ended in an earlier visit: it is history, on the household's page. */
function endedBefore(held: Entity): boolean {
  return textOfField(held, "end") !== "" && !held.fields["end"]?.draft;
}

/** One circumstance: still there, or ended on a day and for a reason. */
function Held({ held }: { held: Entity }) {
  const { definitions, set, restore } = useWriting();
  const code = textOfField(held, "code");
  const entry = entryOf(definitions, "circumstances", code);
  const start = textOfField(held, "start");
  const hasEnded = textOfField(held, "end") !== "" || textOfField(held, "end_reason") !== "";
  const reasons = (definitions.catalogues["end_reasons"]?.entries ?? [])
    .filter((entry) => ASKED_REASONS.includes(entry.code) || entry.code === textOfField(held, "end_reason"))
    .map((entry) => ({ value: entry.code, label: plainOf(entry) }));

  async function choose(chosen: "holds" | "ended" | null): Promise<void> {
    if (chosen === "ended") return set("circumstances", held.id, "end_reason", "resolved");
    for (const field of ["end", "end_reason"]) {
      if (held.fields[field]?.draft) await restore("circumstances", held.id, field);
      else if (textOfField(held, field)) await set("circumstances", held.id, field, null);
    }
  }

  return (
    <article class="card held" aria-label={entry ? plainOf(entry) : code}>
      <h3>{entry ? plainOf(entry) : code || t("record.unset")}</h3>
      {entry && <OfficialLine code={code} label={entry.label} />}
      {held.draft ? (
        <>
          <p class="line"><Icon name="pen" />{t("record.just_written")}</p>
          <VisitField container="circumstances" id={held.id} name="start" hint={t("visit.start_hint")} />
          <VisitField container="circumstances" id={held.id} name="note" lines={2} />
        </>
      ) : (
        <>
          {start ? <p class="hint">{t("record.since", { day: dateText(start) })}</p> : <VisitField container="circumstances" id={held.id} name="start" hint={t("visit.start_hint")} />}
          <Segments
            label={t("visit.still")}
            value={hasEnded ? "ended" : "holds"}
            options={[{ value: "holds", label: t("visit.still_holds") }, { value: "ended", label: t("visit.has_ended") }]}
            onSave={choose}
          />
          {hasEnded && (
            <>
              <VisitField container="circumstances" id={held.id} name="end" label={t("visit.end_day")} hint={t("visit.end_hint")} />
              <VisitField container="circumstances" id={held.id} name="end_reason" options={reasons} />
            </>
          )}
        </>
      )}
      <Mistake container="circumstances" entity={held} what={entry ? plainOf(entry) : code} />
    </article>
  );
}
