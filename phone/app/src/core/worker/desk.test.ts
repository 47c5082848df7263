import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CoreEvent, SyncOutcome } from "../api";
import { Desk } from "./desk";
import type { Course } from "./exchange";
import type { Reply } from "./line";
import type { Shelved } from "./shelf";

/** A lock that is nothing but its PIN: what locks is tested in Rust. */
const lockOf = (pin: string) => new TextEncoder().encode(pin);
const refuse = (code: string) => {
  throw JSON.stringify({ code });
};

const world = vi.hoisted(() => ({
  shelf: new Map<string, unknown>(),
  files: new Set<string>(),
  open: null as string | null,
  waits: 0,
  /** Calls of the core that fail, and with which code. */
  fails: new Map<string, string>(),
  replies: [] as unknown[],
  syncs: [] as { course: unknown; end: (outcome: unknown) => void }[],
  dropped: [] as string[],
}));

const browser = {
  contains: (name: string) => world.files.has(name),
  bytes: () => 1,
  make_room: async () => undefined,
  open(name: string) {
    world.open = null;
    if (world.fails.has("open")) refuse(world.fails.get("open")!);
    world.files.add(name);
    world.open = name;
  },
  close: () => (world.open = null),
  call: () => "{}",
  flush: () => world.fails.has("flush") && refuse(world.fails.get("flush")!),
  flush_idle: () => undefined,
  refresh: () => 0,
  waits: () => world.waits,
  seal_letter: () => undefined,
  begin_enrolment: () => new Uint8Array(1),
  finish_enrolment: () => undefined,
  import_store(name: string) {
    if (world.fails.has("import")) refuse(world.fails.get("import")!);
    world.files.add(name);
  },
};

vi.mock("../generated/phone_facade.js", () => ({
  close_vault: (pin: string) => lockOf(pin),
  open_vault: (pin: string, vault: Uint8Array) =>
    new TextDecoder().decode(vault) === pin ? new Uint8Array(32) : refuse("pin_wrong"),
  pin_weakness: () => undefined,
  unpack_backup: (bytes: Uint8Array) => ({ vault: bytes, store: new Uint8Array(1) }),
}));
vi.mock("./module", () => ({
  browser: async () => browser,
  core: <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw typeof error === "string" ? (JSON.parse(error) as unknown) : error;
    }
  },
  now: () => ({ clock: Math.floor(Date.now() / 1000), today: "2026-11-23" }),
  refusal: () => null,
}));
vi.mock("./shelf", () => ({
  stores: async () => [...world.shelf.values()],
  putStore: async (store: Shelved) => void world.shelf.set(store.name, store),
  letters: async () => [],
  putLetter: async () => undefined,
  dropLetter: async (name: string) => void world.dropped.push(name),
}));
vi.mock("./hold", () => ({ hold: async () => true, takeOver: async () => true, onAsked: () => undefined }));
vi.mock("./letters", () => ({ outbox: async () => null, send: async () => undefined }));
vi.mock("./line", async (original) => ({
  ...(await original<typeof import("./line")>()),
  post: async () => world.replies.shift(),
}));
vi.mock("./exchange", () => ({
  exchange: (_: unknown, course: Course) =>
    new Promise((end) => world.syncs.push({ course, end: (outcome) => end(outcome) })),
}));

const ANSWER = { kind: "message", media: "", body: new Uint8Array() } as Reply;
const REFUSAL: Reply = { kind: "problem", code: "enrolment_code_unknown", mayPass: false, retryAfterMs: 0, chain: null };
const OUTCOME = {} as SyncOutcome;

let events: CoreEvent[];
let desk: Desk;
const inUse = () => [...world.shelf.values()].map((store) => store as Shelved).filter((store) => store.kept === null);
const settled = () => new Promise((next) => setTimeout(next));
const enrol = (pin: string) => desk.call("enrol", { code: "AAAA", label: "máy", pin });

beforeEach(async () => {
  world.shelf.clear();
  world.files.clear();
  world.fails.clear();
  world.syncs.length = 0;
  world.dropped.length = 0;
  world.waits = 0;
  world.replies = [ANSWER];
  events = [];
  desk = new Desk((event) => events.push(event));
  await desk.call("start", {});
});

describe("enrolment", () => {
  it("tried again with another PIN, the sổ opens with the one given last", async () => {
    world.replies = [REFUSAL, ANSWER];
    await expect(enrol("739215")).rejects.toEqual({ code: "enrolment_code_unknown" });
    expect(await enrol("a longer one")).toEqual({ phase: "open" });
    await desk.call("lock", {});
    await expect(desk.call("unlock", { pin: "739215" })).rejects.toMatchObject({ code: "pin_wrong" });
    expect(await desk.call("unlock", { pin: "a longer one" })).toEqual({ phase: "open" });
  });
});

describe("the lock", () => {
  beforeEach(async () => void (await enrol("739215")));

  it("closes the sổ even if a visit under way can't be recorded now", async () => {
    world.fails.set("flush", "store_full");
    expect(await desk.call("lock", {})).toMatchObject({ phase: "locked" });
    expect(world.open).toBe(null);
  });

  it("counts a wrong PIN wherever it is asked for, and however many tries are made at once", async () => {
    await expect(desk.call("change_pin", { old: "1", pin: "862047" })).rejects.toMatchObject({ code: "pin_wrong" });
    await desk.call("lock", {});
    const tries = ["2", "3"].map((pin) => desk.call("unlock", { pin }).catch((error: unknown) => error));
    const failures = (await Promise.all(tries)) as { params: { failures: number } }[];
    expect(failures.map(({ params }) => params.failures)).toEqual([2, 3]);
    await expect(desk.call("unlock", { pin: "739215" })).rejects.toMatchObject({ code: "pin_wait" });
  });

  it("opens with its PIN from another keyboard too", async () => {
    await desk.call("change_pin", { old: "739215", pin: "đèo gió 7".normalize("NFD") });
    await desk.call("lock", {});
    expect(await desk.call("unlock", { pin: "đèo gió 7".normalize("NFC") })).toEqual({ phase: "open" });
  });

  it("does not change its PIN while it is closed", async () => {
    await desk.call("lock", {});
    await expect(desk.call("change_pin", { old: "739215", pin: "862047" })).rejects.toEqual({ code: "locked" });
  });

  it("a store that the system cleared is told as lost when the PIN is given", async () => {
    await desk.call("lock", {});
    world.files.clear();
    expect(await desk.call("unlock", { pin: "739215" })).toEqual({ phase: "new", lost: true, kept: [] });
    expect(await desk.call("start", {})).toEqual({ phase: "new", lost: true, kept: [] });
  });
});

describe("a backup", () => {
  beforeEach(async () => void (await enrol("739215")));
  const restore = () => desk.call("restore_backup", { bytes: lockOf("862047"), pin: "862047" });

  it.each(["import", "open"])("that can't be taken in (%s) leaves the sổ in use where it was", async (step) => {
    world.fails.set(step, "opfs_full");
    const [before] = inUse();
    await expect(restore()).rejects.toEqual({ code: "opfs_full" });
    expect(inUse()).toEqual([before]);
    world.fails.clear();
    await desk.call("lock", {});
    expect(await desk.call("unlock", { pin: "739215" })).toEqual({ phase: "open" });
  });

  it("takes the place of the sổ in use, which is kept", async () => {
    const [before] = inUse();
    expect(await restore()).toEqual({ phase: "open" });
    expect(inUse().map(({ name }) => name)).toEqual([world.open]);
    expect(world.shelf.get(before!.name)).toMatchObject({ kept: { why: "replaced" } });
  });
});

describe("a sync", () => {
  beforeEach(async () => void (await enrol("739215")));

  it("of a sổ that was locked meanwhile goes on no longer, and another can begin", async () => {
    const first = desk.call("sync", {}).catch((error: unknown) => error);
    await settled();
    await desk.call("lock", {});
    await desk.call("unlock", { pin: "739215" });
    expect((world.syncs[0]!.course as Course).closed()).toBe(true);
    const second = desk.call("sync", {});
    await settled();
    expect(world.syncs.length).toBe(2);
    expect((world.syncs[1]!.course as Course).closed()).toBe(false);
    world.syncs[1]!.end(OUTCOME);
    expect(await second).toBe(OUTCOME);
    world.syncs[0]!.end(OUTCOME);
    await first;
  });

  it("that had nothing more to send when an urgent report was made is followed by another", async () => {
    void desk.call("sync", {});
    await settled();
    world.waits = 1;
    await desk.call("urgent_send", { kind: "danger", document: null, person: null, about: "", place: "", happened: "", contact: "" });
    await settled();
    expect(world.syncs.length).toBe(1);
    world.syncs[0]!.end(OUTCOME);
    await settled();
    expect(world.syncs.length).toBe(2);
    expect(world.dropped).toEqual([]);
  });
});
