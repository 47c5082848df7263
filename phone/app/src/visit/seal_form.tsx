/**
 * Sealing a restricted circumstance: written once, and then not readable on this phone any more.
 *
 * What is typed here lives on this page alone: nothing of it is kept, not even as a draft.
 */
import { useEffect, useState } from "preact/hooks";
import { sendIfOnline } from "../app/autosync";
import { useAction } from "../app/call";
import { useSession } from "../app/session";
import type { Entity, PartialDate } from "../core/api";
import { announce, Button, Card, CheckList, ConfirmButton, DateField, Failure, Notice, stopAtWrong, TextField } from "../parts";
import { t } from "../text";
import { OfficialLine } from "../village/holds";
import { entryOf, nameOf, plainOf } from "../village/record";
import { useWriting } from "./writing";

const NOTE_CHARS_MAX = 2000;

export function SealForm({ child, code, onBack, onSealed }: {
  child: Entity;
  code: string;
  onBack: () => void;
  onSealed: () => void;
}) {
  const { household, definitions, today, seal } = useWriting();
  const session = useSession();
  const [start, setStart] = useState<PartialDate | null>(null);
  const [note, setNote] = useState("");
  const [supports, setSupports] = useState<string[]>([]);
  const run = useAction(async () => {
    if (stopAtWrong()) return;
    await seal({ person: child.id, code, start, note: note.trim(), supports });
    announce(t("seal.done"));
    sendIfOnline(session);
    onSealed();
  });
  useEffect(() => scrollTo(0, 0), []);
  const entry = entryOf(definitions, "circumstances", code);

  if (household.document === null || child.draft) {
    return (
      <Notice tone="attention" icon="seal" title={t("seal.not_yet")}>
        <p>{t("seal.not_yet_hint")}</p>
        <Button icon="back" onClick={onBack}>{t("find.choose_again")}</Button>
      </Notice>
    );
  }
  return (
    <div class="stack unsaved">
      <Notice icon="seal" title={t("seal.title")}>
        <p>{t("seal.once")}</p>
        <p>{t("seal.not_kept")}</p>
        <p>{t("seal.urgent")}</p>
      </Notice>
      <Card>
        <p class="hint">{nameOf(child)}</p>
        <h2>{entry ? plainOf(entry) : code}</h2>
        {entry && <OfficialLine code={code} label={entry.label} />}
      </Card>
      <DateField label={t("seal.start")} value={start} latest={today} today={today} onSave={(value) => setStart(value)} />
      <TextField label={t("seal.note")} hint={t("seal.note_hint")} value={note} lines={5} max={NOTE_CHARS_MAX} onSave={(value) => setNote(value)} />
      <CheckList
        label={t("seal.supports")}
        options={(definitions.catalogues["support_forms"]?.entries ?? []).map((entry) => ({ value: entry.code, label: plainOf(entry) }))}
        values={supports}
        onSave={(values) => setSupports(values)}
      />
      {run.error && <Failure error={run.error} />}
      <ConfirmButton
        kind="primary"
        icon="seal"
        busy={run.busy}
        title={t("seal.confirm_title")}
        explain={<p>{t("seal.confirm_explain")}</p>}
        confirm={t("seal.confirm")}
        onConfirm={() => void run.run()}
      >
        {t("seal.action")}
      </ConfirmButton>
      <Button kind="quiet" icon="back" onClick={onBack}>{t("seal.back")}</Button>
    </div>
  );
}
