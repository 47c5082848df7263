/** Step five: what has no box of its own. */
import { FieldEditor } from "../parts";
import { t } from "../text";
import { fieldOf, nameOf } from "../village/record";
import { VisitField } from "./field_group";
import { childrenHere } from "./steps";
import { ownVisit, useWriting } from "./writing";

export function NotesStep() {
  const { household, definitions, setVisit } = useWriting();
  const note = fieldOf(definitions, "visits", "note");
  return (
    <div class="stack">
      <p class="hint">{t("visit.notes_hint")}</p>
      {note && (
        <FieldEditor
          definition={note}
          label={t("visit.note_next")}
          value={ownVisit(household)?.fields["note"]?.value ?? null}
          lines={3}
          onSave={(value) => setVisit({ note: value })}
        />
      )}
      <VisitField container="household" id={null} name="note" label={t("visit.note_household")} lines={4} />
      {childrenHere(household).map((child) => (
        <VisitField key={child.id} container="children" id={child.id} name="note" label={t("visit.note_child", { name: nameOf(child) })} lines={3} />
      ))}
    </div>
  );
}
