/** Something failed that should not: nothing recorded is lost, and the app can be started again. */
import { Button, Notice } from "../parts/layout";
import { errorText, t } from "../text";
import { StartFrame } from "./frame";

/** What has a reason outside the app, and a next step of its own. */
const EXPLAINED = new Set(["opfs_full", "opfs_failed"]);

export function Broken({ code }: { code: string }) {
  const explained = EXPLAINED.has(code) ? errorText({ code }) : null;
  return (
    <StartFrame title={t("broken.title")}>
      <Notice tone="attention" role="alert" title={explained?.say ?? t("broken.say")}>
        <p>{t("broken.safe")}</p>
        <p>{explained?.next ?? t("broken.next")}</p>
        <p class="hint">{t("broken.code", { code })}</p>
      </Notice>
      <Button kind="primary" onClick={() => location.reload()}>{t("broken.restart")}</Button>
    </StartFrame>
  );
}
