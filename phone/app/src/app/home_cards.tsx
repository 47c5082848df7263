/** What the village page begins with when there is a reason: work unsent in the evening, a wrong clock, installing. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button, ButtonLink, Notice } from "../parts/layout";
import { waitingCount } from "../sync/state";
import { t } from "../text";
import { install, installLater, installPrompt, isInstalled } from "./install";
import { useSession } from "./session";

/** From this hour on the day's work should be sent. */
export const EVENING_HOUR = 18;

export function isEvening(now: Date): boolean {
  return now.getHours() >= EVENING_HOUR;
}

export function HomeCards() {
  const session = useSession();
  const home = session.home.value;
  const evening = useSignal(isEvening(new Date()));
  useEffect(() => {
    const timer = setInterval(() => (evening.value = isEvening(new Date())), 60_000);
    return () => clearInterval(timer);
  }, []);
  if (!home) return null;
  const n = waitingCount(home.waiting);
  // One at a time, the most pressing first: the list of households is what one came for.
  if (home.clock_off !== null) {
    return (
      <Notice tone="attention" title={t("clock.title")}>
        <p>{t("clock.say")}</p>
      </Notice>
    );
  }
  if (evening.value && n > 0 && !session.syncing.value) {
    return (
      <Notice tone="attention" icon="waiting" title={t("evening.title", { n })}>
        <p>{t("evening.say")}</p>
        <ButtonLink kind="primary" icon="exchange" href="#/gui-nhan">{t("evening.go")}</ButtonLink>
      </Notice>
    );
  }
  if (installPrompt.value && !isInstalled()) {
    return (
      <Notice tone="accent" icon="download" title={t("install.title")}>
        <p>{t("install.say")}</p>
        <div class="buttons">
          <Button kind="primary" onClick={() => void install()}>{t("install.now")}</Button>
          <Button kind="quiet" onClick={installLater}>{t("install.later")}</Button>
        </div>
      </Notice>
    );
  }
  return null;
}
