import { describe, expect, it } from "vitest";
import type { LastSync, SyncState, Waiting } from "../core/api";
import { t } from "../text";
import { stateOf, waitingCount } from "./state";

const NOTHING: Waiting = { changes: 0, households: 0, reports: 0, statements: 0, refused: 0 };
const AGREED: LastSync = { at: 1_795_000_000, agrees: true };
const OUTCOME = { sent: 0, acknowledged: 0, refused: 0, received: 0, reports_arrived: 0, agrees: true, requests: 1, bytes_up: 0, bytes_down: 0 };
const STATES: SyncState[] = [
  { kind: "idle" },
  { kind: "running", step: "exchange", requests: 1, sent: 0, received: 0, done: 0, total: null },
  { kind: "waiting", code: "connection_cut", failures: 1, seconds: 4 },
  { kind: "finished", at: 1_795_000_000, outcome: OUTCOME },
  { kind: "failed", at: 1_795_000_000, error: { code: "offline" } },
];

const sentence = (sync: SyncState, waiting: Waiting, last: LastSync | null, online = true) => {
  const state = stateOf(sync, waiting, last, online, 0);
  return t(state.key, state.params);
};

describe("the state of sending", () => {
  it("never says that all is sent while anything waits, was refused, differs, or was never sent", () => {
    for (const sync of STATES) {
      for (const online of [true, false]) {
        for (const part of ["changes", "reports", "statements", "refused"] as const) {
          expect(stateOf(sync, { ...NOTHING, [part]: 1 }, AGREED, online, 0).key).not.toBe("state.all_sent");
        }
        expect(stateOf(sync, NOTHING, AGREED, online, 1).key).not.toBe("state.all_sent");
        expect(stateOf(sync, NOTHING, null, online, 0).key).not.toBe("state.all_sent");
        expect(stateOf(sync, NOTHING, { ...AGREED, agrees: false }, online, 0).key).not.toBe("state.all_sent");
      }
    }
  });

  it("says that all is sent once it is", () => {
    expect(sentence({ kind: "idle" }, NOTHING, AGREED)).toMatch(/^Đã gửi hết lúc /);
    expect(sentence({ kind: "finished", at: AGREED.at, outcome: OUTCOME }, NOTHING, AGREED, false)).toMatch(/^Đã gửi hết lúc /);
  });

  it("does not take the end of an exchange for the end of the work", () => {
    expect(sentence({ kind: "finished", at: AGREED.at, outcome: OUTCOME }, { ...NOTHING, changes: 2 }, AGREED)).toBe("Chưa gửi: 2 việc");
  });

  it("counts everything that is not with the office", () => {
    expect(waitingCount({ changes: 10, households: 3, reports: 1, statements: 1, refused: 5 })).toBe(12);
    expect(sentence({ kind: "idle" }, { ...NOTHING, changes: 11, statements: 1 }, AGREED)).toBe("Chưa gửi: 12 việc");
    expect(sentence({ kind: "idle" }, { ...NOTHING, changes: 12 }, AGREED, false)).toContain("Không có mạng");
  });

  it("puts an urgent report that waits before everything else, and asks for attention", () => {
    const state = stateOf({ kind: "failed", at: 0, error: { code: "offline" } }, { ...NOTHING, changes: 9, reports: 1 }, AGREED, false, 0);
    expect(state.key).toBe("state.report_waiting");
    expect(state.attention).toBe(true);
  });
});
