import { Button } from "../parts/layout";
import { t } from "../text";
import { flushPending } from "./pending";
import { activateUpdate, waitingVersion } from "./update";

export function UpdateBanner() {
  if (!waitingVersion.value) return null;
  return (
    <div class="banner" role="status">
      <p>{t("update.ready")}</p>
      <Button kind="primary" onClick={() => void flushPending().then(activateUpdate)}>{t("update.now")}</Button>
    </div>
  );
}
