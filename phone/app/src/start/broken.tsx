/** Something failed that should not: nothing recorded is lost, and the app can be started again. */
import { Button, Notice } from "../parts/layout";
import { t } from "../text";
import { StartFrame } from "./frame";

export function Broken({ code }: { code: string }) {
  return (
    <StartFrame title={t("broken.title")}>
      <Notice tone="attention" role="alert" title={t("broken.say")}>
        <p>{t("broken.safe")}</p>
        <p>{t("broken.next")}</p>
        <p class="hint">{t("broken.code", { code })}</p>
      </Notice>
      <Button kind="primary" onClick={() => location.reload()}>{t("broken.restart")}</Button>
    </StartFrame>
  );
}
