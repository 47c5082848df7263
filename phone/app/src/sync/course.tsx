/** How a sync goes, while it goes. */
import { useSession } from "../app/session";
import { Notice, ProgressBar } from "../parts/layout";
import { errorText, t } from "../text";
import { bytesText, waitText } from "../text/format";

export function SyncCourse() {
  const state = useSession().sync.value;
  if (state.kind === "running") {
    return (
      <div class="stack">
        <ProgressBar
          label={t(`sync.step.${state.step}`)}
          value={state.done}
          max={state.total}
          text={state.total ? t("sync.of", { done: bytesText(state.done), total: bytesText(state.total) }) : undefined}
        />
        <p class="hint">{t("sync.counts", { sent: state.sent, received: state.received })}</p>
      </div>
    );
  }
  if (state.kind === "waiting") {
    return (
      <Notice tone="attention" icon="waiting" role="status" title={errorText(state).say}>
        <p>{t("sync.retry", { wait: waitText(state.seconds), n: state.failures })}</p>
      </Notice>
    );
  }
  return null;
}
