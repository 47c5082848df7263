/** The state of sending in one sentence. Pure; a test holds it to never saying more than is true. */
import type { LastSync, SyncState, Waiting } from "../core/api";
import type { IconName } from "../parts/icons";
import type { Key, Params } from "../text";
import { momentText } from "../text/format";

export interface StateSentence {
  key: Key;
  params: Params;
  icon: IconName;
  /** Something for the collector to look at. */
  attention: boolean;
}

/** Everything that is not on the office's disk, as pieces of work. */
export function waitingCount(waiting: Waiting): number {
  return waiting.changes + waiting.reports + waiting.statements;
}

/** `drafts`: visits under way; what they say is on the phone and not part of the record yet, so not "all sent". */
export function stateOf(
  sync: SyncState,
  waiting: Waiting,
  last: LastSync | null,
  online: boolean,
  drafts: number,
): StateSentence {
  const n = waitingCount(waiting);
  if (sync.kind === "running") {
    return n > 0
      ? { key: "state.sending", params: { n }, icon: "exchange", attention: false }
      : { key: "state.receiving", params: {}, icon: "exchange", attention: false };
  }
  if (sync.kind === "waiting") return { key: "state.retrying", params: { n }, icon: "waiting", attention: n > 0 };
  if (waiting.reports > 0) {
    return { key: "state.report_waiting", params: { n: waiting.reports }, icon: "urgent", attention: true };
  }
  if (n > 0) {
    return { key: online ? "state.waiting" : "state.waiting_offline", params: { n }, icon: online ? "waiting" : "offline", attention: false };
  }
  if (waiting.refused > 0) return { key: "state.refused", params: { n: waiting.refused }, icon: "alert", attention: true };
  if (!last) return { key: "state.never", params: {}, icon: "info", attention: true };
  if (!last.agrees) return { key: "state.differs", params: { at: momentText(last.at) }, icon: "alert", attention: true };
  if (drafts > 0) {
    return { key: "state.drafts", params: { n: drafts }, icon: "pen", attention: false };
  }
  return { key: "state.all_sent", params: { at: momentText(last.at) }, icon: "check", attention: false };
}
