/** Step five: what has no box of its own. */
import { t } from "../text";
import { nameOf } from "../village/record";
import { VisitField } from "./field_group";
import { childrenHere } from "./steps";
import { useWriting } from "./writing";

export function NotesStep() {
  const { household } = useWriting();
  return (
    <div class="stack">
      <p class="hint">{t("visit.notes_hint")}</p>
      <VisitField container="household" id={null} name="note" label={t("visit.note_household")} lines={5} />
      {childrenHere(household).map((child) => (
        <VisitField key={child.id} container="children" id={child.id} name="note" label={t("visit.note_child", { name: nameOf(child) })} lines={3} />
      ))}
    </div>
  );
}
