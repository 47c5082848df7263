import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Core, Method, Outbox, Phase } from "../core/api";
import { createFake } from "../core/fake";
import { AFTER_OPENING_MS, watchSync } from "./autosync";
import { online } from "./online";
import { createSession } from "./session";

const SENT: Outbox = { changes: 3, reports: 1, sealed_at: 1_795_000_000, delivered_at: 1_795_000_100 };
const WAITING: Outbox = { ...SENT, delivered_at: null };
const locked = (outbox: Outbox): Phase => ({ phase: "locked", label: "", wait: 0, failures: 0, outbox, kept: [] });

let stop: () => void = () => undefined;
beforeEach(() => (online.value = true));
afterEach(() => stop());

async function start(phase: Phase, isOnline = true): Promise<Method[]> {
  online.value = isOnline;
  const fake = createFake({ pace: 0, phase });
  const calls: Method[] = [];
  const core: Core = {
    ...fake,
    call(method, args) {
      calls.push(method);
      return fake.call(method, args);
    },
  };
  const session = createSession(core);
  stop = watchSync(session);
  await session.restart();
  return calls;
}

it("sends once the sổ is open, and again when the network comes back", async () => {
  vi.useFakeTimers();
  try {
    const calls = await start({ phase: "open" });
    const syncs = () => calls.filter((method) => method === "sync").length;
    expect(syncs(), "the list comes first").toBe(0);
    await vi.advanceTimersByTimeAsync(AFTER_OPENING_MS);
    expect(syncs()).toBe(1);
    online.value = false;
    online.value = true;
    await vi.advanceTimersByTimeAsync(AFTER_OPENING_MS);
    expect(syncs()).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

it("does not try without any network", async () => {
  expect(await start({ phase: "open" }, false)).not.toContain("sync");
  expect(await start(locked(WAITING), false)).not.toContain("send_outbox");
});

it("an urgent report leaves a locked sổ as soon as there is a network", async () => {
  const calls = await start(locked(WAITING), false);
  online.value = true;
  expect(calls).toContain("send_outbox");
  expect(calls).not.toContain("sync");
});

it("a locked sổ sends nothing that is not urgent or has arrived", async () => {
  expect(await start(locked({ ...WAITING, reports: 0 }))).not.toContain("send_outbox");
  expect(await start(locked(SENT))).not.toContain("send_outbox");
});
