/** Ways out of a step that is not finished: to the one before, or out of the visit until later. */
import { flushPending } from "../app/pending";
import { go, isIn } from "../app/router";
import { asCoreError, useSession } from "../app/session";
import { announce, Button, Icon, stopAtWrong } from "../parts";
import { t } from "../text";
import type { Step } from "./steps";
import { useWriting } from "./writing";

/** Pauses: everything is kept, and a visit in which nothing was written comes to nothing. */
export function Leave() {
  const session = useSession();
  const { visit } = useWriting();
  async function leave(): Promise<void> {
    if (stopAtWrong()) return;
    await flushPending();
    try {
      await session.core.call("visit_leave", { draft: visit.draft });
    } catch (failure) {
      if (asCoreError(failure).code === "visit_not_empty") announce(t("visit.paused"));
    }
    // Whoever went on meanwhile, to report what can't wait, say, is not called back.
    if (!isIn(`/tham/${visit.draft}`)) return;
    go(visit.household.document ? `/ho/${visit.household.document}` : "/");
  }
  return <Button kind="quiet" icon="close" onClick={() => void leave()}>{t("visit.leave")}</Button>;
}

/** To another place of the visit, but first to what could not be read on this one. */
export function goOn(to: string): void {
  if (!stopAtWrong()) go(to);
}

export function Before({ to }: { to: Step }) {
  const { path } = useWriting();
  return (
    <button type="button" class="button button-before" aria-label={t("visit.before")} onClick={() => goOn(path(to))}>
      <Icon name="back" />
    </button>
  );
}
