/** Fields of a visit: shown as text until they are to be changed, and each writes itself. */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Container, EntityKey } from "../core/api";
import { Button, Card, FieldEditor, Icon, stopAtWrong, type Option } from "../parts";
import { t } from "../text";
import { RecordFacts } from "../village/facts";
import { fieldOf, valueText } from "../village/record";
import { useAction } from "../app/call";
import { fieldsIn, isBegun, useWriting } from "./writing";

/** Dates that may lie in the future: when a need or a planned support begins. */
const MAY_BE_AHEAD = ["supports"];

export interface VisitFieldProps {
  container: Container;
  id: EntityKey | null;
  name: string;
  label?: string;
  hint?: ComponentChildren;
  options?: Option[];
  lines?: number;
}

/** One field with its editor; it is written while it is filled in. */
export function VisitField({ container, id, name, ...rest }: VisitFieldProps) {
  const { household, definitions, today, set, restore } = useWriting();
  const undo = useAction(() => restore(container, id, name));
  const definition = fieldOf(definitions, container, name);
  const state = fieldsIn(household, container, id)[name];
  if (!definition) return null;
  const others = state?.others ?? [];
  return (
    <FieldEditor
      {...rest}
      definition={definition}
      value={state?.value ?? null}
      latest={MAY_BE_AHEAD.includes(container) ? undefined : today}
      today={name === "birth_date" ? undefined : today}
      onSave={(value) => set(container, id, name, value)}
    >
      {others.length > 0 && (
        <p class="hint values-note">
          <Icon name="two" />
          {t("visit.others_wrote", { values: others.map((value) => valueText(value, definition, definitions, household) ?? t("record.unset")).join("; ") })}
        </p>
      )}
      {state?.draft && !isBegun(household, container, id) && (
        <div class="field-tools">
          <Button kind="quiet" icon="undo" busy={undo.busy} onClick={() => void undo.run()}>{t("visit.undo")}</Button>
        </div>
      )}
    </FieldEditor>
  );
}

/** Fields that belong together: what is known as text, "change" opens their editors. */
export function FieldGroup({ title, container, id, names, hint, children }: {
  title: string;
  container: Container;
  id: EntityKey | null;
  names: readonly string[];
  hint?: string;
  children?: ComponentChildren;
}) {
  const { household, definitions } = useWriting();
  const [open, setOpen] = useState(() => isBegun(household, container, id));
  const group = useRef<HTMLElement>(null);
  return (
    <section class="group" aria-label={title} ref={group}>
      <Card>
        <div class="section-head">
          <h2>{title}</h2>
          <Button kind="quiet" icon={open ? "check" : "pen"} aria-expanded={open} aria-label={t(open ? "visit.close_of" : "visit.change_of", { group: title })} onClick={() => { if (!open || !stopAtWrong(group.current ?? undefined)) setOpen(!open); }}>
            {t(open ? "visit.close" : "visit.change")}
          </Button>
        </div>
        {hint && <p class="hint">{hint}</p>}
        {open ? (
          names.map((name) => <VisitField key={name} container={container} id={id} name={name} />)
        ) : (
          <RecordFacts {...{ household, definitions, container, id, names }} fields={fieldsIn(household, container, id)} withGaps />
        )}
        {children}
      </Card>
    </section>
  );
}
