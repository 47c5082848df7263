/** Enrolled: what the phone promises about keeping the sổ, and the first load of the register. */
import { useEffect } from "preact/hooks";
import { useAction } from "../app/call";
import { useCore } from "../app/session";
import { Button, Failure, Notice } from "../parts/layout";
import { SyncCourse } from "../sync/course";
import { t } from "../text";
import { StartFrame } from "./frame";

export function FirstLoad({ persisted, onDone }: { persisted: boolean; onDone: () => void }) {
  const core = useCore();
  const load = useAction(async () => {
    await core.call("sync", {});
    onDone();
  });
  useEffect(() => void load.run(), []);
  return (
    <StartFrame title={t("first.title")}>
      <p>{t("first.say")}</p>
      <SyncCourse />
      {load.error && (
        <Failure error={load.error}>
          <Button icon="exchange" onClick={() => void load.run()}>{t("try_again")}</Button>
        </Failure>
      )}
      {persisted ? (
        <Notice tone="good" title={t("storage.persisted")}>
          <p>{t("storage.persisted.say")}</p>
        </Notice>
      ) : (
        <Notice tone="attention" title={t("storage.not_persisted")}>
          <p>{t("storage.not_persisted.say")}</p>
        </Notice>
      )}
      <Button kind={load.error ? "primary" : "plain"} onClick={onDone}>{t("first.enter")}</Button>
    </StartFrame>
  );
}
