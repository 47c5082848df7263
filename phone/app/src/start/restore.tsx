/** A sealed backup file back into the app, with the PIN it was made under. */
import { useState } from "preact/hooks";
import { useAction } from "../app/call";
import { useCore, useSession } from "../app/session";
import { Button, Failure } from "../parts/layout";
import { t } from "../text";
import { StartFrame } from "./frame";
import { PinInput } from "./pin_input";

export function Restore({ onBack }: { onBack: () => void }) {
  const session = useSession();
  const core = useCore();
  const [file, setFile] = useState<File | null>(null);
  const [pin, setPin] = useState("");
  const restore = useAction(async () => {
    if (!file) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    await session.enter(await core.call("restore_backup", { bytes, pin }));
  });
  return (
    <StartFrame title={t("restore.title")}>
      <p>{t("restore.say")}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void restore.run();
        }}
      >
        <div class="field">
          <label class="field-label" for="restore-file">{t("restore.file")}</label>
          <input id="restore-file" class="input" type="file" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
        </div>
        <PinInput label={t("restore.pin")} hint={t("restore.pin.hint")} value={pin} onChange={setPin} />
        {restore.error && <Failure error={restore.error} />}
        <div class="buttons">
          <Button kind="primary" type="submit" busy={restore.busy} disabled={!file || pin === ""}>{t("restore.go")}</Button>
          <Button onClick={onBack}>{t("page.back")}</Button>
        </div>
      </form>
    </StartFrame>
  );
}
