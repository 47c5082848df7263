/** Step four, child by child: what help the child receives, and what it needs. */
import { useState } from "preact/hooks";
import { useAction } from "../app/call";
import type { Entity } from "../core/api";
import { Button, CheckList, Dialog, Failure, Icon, Section, Segments } from "../parts";
import { t } from "../text";
import { dateText } from "../text/format";
import { PersonBadges } from "../village/person";
import { entryOf, fieldOf, plainOf, textOfField, valueText } from "../village/record";
import { VisitField } from "./field_group";
import { Mistake, Withdrawn } from "./mistake";
import { isWithdrawn } from "./steps";
import { useWriting } from "./writing";

const DETAILS = ["start", "source", "amount", "note"];

export function SupportsStep({ child }: { child: Entity }) {
  const { household, definitions, visit, add, set, remove, restore } = useWriting();
  const [choosing, setChoosing] = useState(false);
  const forms = definitions.catalogues["support_forms"]?.entries ?? [];
  const theirs = household.supports.filter((held) => held.fields["person"]?.value === child.id && !isWithdrawn(held));
  const open = theirs.filter((held) => textOfField(held, "end") === "");
  const received = theirs.filter((held) => held.fields["received"]?.value !== false && (textOfField(held, "end") === "" || held.fields["end"]?.draft));
  const needed = open.filter((held) => held.fields["received"]?.value === false);
  const begin = useAction(async (form: string) => {
    setChoosing(false);
    await add("supports", { person: child.id, form, received: true });
  });

  /** What is no longer needed ends today; what was only just ticked is taken back. */
  async function need(wanted: string[]): Promise<void> {
    const has = (form: string) => needed.some((held) => textOfField(held, "form") === form);
    for (const form of wanted.filter((form) => !has(form))) {
      const ended = theirs.find((held) => held.fields["received"]?.value === false && held.fields["end"]?.draft && textOfField(held, "form") === form);
      if (ended) await restore("supports", ended.id, "end");
      else await add("supports", { person: child.id, form, received: false });
    }
    for (const held of needed.filter((held) => !wanted.includes(textOfField(held, "form")))) {
      if (held.draft) await remove("supports", held.id);
      else await set("supports", held.id, "end", visit.date);
    }
  }

  return (
    <div class="stack" key={child.id}>
      <PersonBadges {...{ household, person: child }} />
      <Section title={t("visit.received")}>
        {received.length === 0 && <p>{t("visit.received_none")}</p>}
        {received.map((held) => <Received key={held.id} held={held} />)}
        {begin.error && <Failure error={begin.error} />}
        <Withdrawn
          container="supports"
          entities={household.supports.filter((held) => held.fields["person"]?.value === child.id)}
          name={(held) => valueText(textOfField(held, "form"), fieldOf(definitions, "supports", "form"), definitions) ?? ""}
        />
        <Button icon="plus" busy={begin.busy} onClick={() => setChoosing(true)}>{t("visit.received_add")}</Button>
        <Dialog open={choosing} title={t("visit.received_which")} onClose={() => setChoosing(false)} actions={<Button onClick={() => setChoosing(false)}>{t("cancel")}</Button>}>
          <div class="options">
            {forms.map((form) => (
              <button key={form.code} type="button" class="option" onClick={() => void begin.run(form.code)}>
                <span class="option-text">
                  <span>{plainOf(form)}</span>
                  <span class="option-detail" lang="vi">{form.label}</span>
                </span>
              </button>
            ))}
          </div>
        </Dialog>
      </Section>
      <CheckList
        label={t("visit.needed")}
        hint={t("visit.needed_hint")}
        options={forms.map((form) => ({ value: form.code, label: plainOf(form) }))}
        values={needed.map((held) => textOfField(held, "form"))}
        onSave={need}
      />
    </div>
  );
}

function Received({ held }: { held: Entity }) {
  const { definitions, visit, set, restore } = useWriting();
  const entry = entryOf(definitions, "support_forms", textOfField(held, "form"));
  const [open, setOpen] = useState(held.draft === true);
  const hasEnded = textOfField(held, "end") !== "";
  const start = textOfField(held, "start");
  return (
    <article class="card held" aria-label={entry ? plainOf(entry) : ""}>
      <h3>{entry ? plainOf(entry) : t("record.unset")}</h3>
      <p class="hint">
        {[start && t("record.since", { day: dateText(start) }), textOfField(held, "source"), textOfField(held, "amount")].filter(Boolean).join(" · ")}
      </p>
      {held.draft ? (
        <p class="line"><Icon name="pen" />{t("record.just_written")}</p>
      ) : (
        <Segments
          label={t("visit.still_received")}
          value={hasEnded ? "ended" : "holds"}
          options={[{ value: "holds", label: t("visit.still_receives") }, { value: "ended", label: t("visit.no_longer") }]}
          onSave={(chosen) => chosen === "ended" ? set("supports", held.id, "end", visit.date) : restore("supports", held.id, "end")}
        />
      )}
      {hasEnded && <VisitField container="supports" id={held.id} name="end" label={t("visit.end_day")} />}
      {open && DETAILS.map((name) => <VisitField key={name} container="supports" id={held.id} name={name} lines={name === "note" ? 2 : undefined} />)}
      <div class="field-tools">
        <Button kind="quiet" icon={open ? "check" : "pen"} aria-expanded={open} onClick={() => setOpen(!open)}>{t(open ? "visit.close" : "visit.details_support")}</Button>
        {(open || held.draft) && <Mistake container="supports" entity={held} what={entry ? plainOf(entry) : ""} />}
      </div>
    </article>
  );
}
