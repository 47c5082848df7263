/**
 * A core in memory for `npm run dev` and the tests of pages: plausible answers, no rules of the register.
 * Everybody in it is synthetic. No real build contains it.
 *
 * The address chooses where it begins: `?phase=locked|new|lost|damaged|elsewhere|unsupported|broken`.
 */
import type {
  Calls, Core, CoreError, CoreEvent, DocumentName, DraftRow, Entity, FieldState, Household, HouseholdRow, Method, Phase,
  RefusedRow, SignOffRow, SyncOutcome, SyncState, UrgentRow, Value, Visit, Waiting,
} from "./api";
import { emptyHousehold, fakeDefinitions, fakeHouseholds, field, HOUSEHOLDS, newKey, people, TODAY, VILLAGE } from "./fake_world";

type Implementation = { [M in Method]: (args: Calls[M]["args"]) => Calls[M]["result"] | Promise<Calls[M]["result"]> };

interface Draft {
  visit: Visit;
  /** What the fields were, to take back what the visit wrote. */
  before: Map<string, FieldState | undefined>;
}

export interface FakeOptions {
  phase?: Phase;
  pin?: string;
  /** Milliseconds a step of a sync takes. */
  pace?: number;
  households?: number;
}

const NOW = () => Math.floor(Date.now() / 1000);
const ROUND = { code: "2026-2", title: "Rà soát cuối năm 2026", starts: "2026-11-01", ends: "2026-11-30", as_of: "2026-11-20" };
const KEPT = [{ name: "so-cu-1.sqlite", why: "damaged" as const, at: 1_790_000_000, bytes: 812_000 }];

export function fakePhase(name: string | null): Phase {
  switch (name) {
    case "locked": return { phase: "locked", label: "Máy thử, Thôn Giả Lập", wait: 0, failures: 0, outbox: { changes: 12, reports: 1, sealed_at: NOW() - 4000, delivered_at: null }, kept: [] };
    case "new": return { phase: "new", lost: false, kept: [] };
    case "lost": return { phase: "new", lost: true, kept: [] };
    case "damaged": return { phase: "damaged", kept: KEPT };
    case "elsewhere": return { phase: "elsewhere" };
    case "unsupported": return { phase: "unsupported", missing: ["opfs", "locks"] };
    case "broken": return { phase: "broken", code: "wasm_failed" };
    default: return { phase: "open" };
  }
}

export function connect(): Core {
  const query = new URLSearchParams(location.search);
  return createFake({ phase: fakePhase(query.get("phase")), households: Number(query.get("households") ?? HOUSEHOLDS) });
}

export function createFake(options: FakeOptions = {}): Core {
  const listeners = new Set<(event: CoreEvent) => void>();
  const say = (event: CoreEvent) => listeners.forEach((listener) => listener(event));
  const pace = options.pace ?? 400;
  let phase: Phase = options.phase ?? { phase: "open" };
  let pin = options.pin ?? "246813";
  let failures = 0;
  let label = "Máy thử, Thôn Giả Lập";
  let last: { at: number; agrees: boolean } | null = { at: NOW() - 86_400, agrees: true };
  let running: Promise<SyncOutcome> | null = null;
  const waiting: Waiting = { changes: 12, households: 5, reports: 0, statements: 0, refused: 1 };
  const households = new Map<DocumentName, Household>(fakeHouseholds(options.households ?? HOUSEHOLDS).map((h) => [h.document as string, h]));
  const drafts = new Map<string, Draft>();
  const urgent: UrgentRow[] = [
    { id: newKey(), made_at: NOW() - 3_600_000, state: "opened", state_at: NOW() - 3_500_000 },
    { id: newKey(), made_at: NOW() - 90_000, state: "arrived", state_at: NOW() - 86_000 },
  ];
  const refused: RefusedRow[] = [
    { document: "3".padStart(32, "0"), head: "Lê Văn Giả", number: "4", code: "dependency_missing", at: NOW() - 86_400, changes: 1, may_pass: true },
  ];
  const signOffs: SignOffRow[] = [];

  const fail = (code: string, params?: CoreError["params"]): never => {
    throw { code, params } satisfies CoreError;
  };
  const changed = () => say({ event: "changed" });
  const householdOf = (document: DocumentName) => households.get(document) ?? fail("household_unknown");
  const draftOf = (draft: string) => drafts.get(draft) ?? fail("draft_unknown");
  const copy = <T>(value: T): T => structuredClone(value);

  function rowOf(household: Household): HouseholdRow {
    const text = (name: string) => String(household.household[name]?.value ?? "");
    const document = household.document as string;
    const undecided = [household.household, ...household.children.map((c) => c.fields)]
      .flatMap((fields) => Object.values(fields)).filter((state) => state.others).length;
    const draft = [...drafts.values()].find(({ visit }) => visit.household.document === document);
    const number = Number(text("number"));
    return {
      document, village: VILLAGE.code, number: text("number"), head: text("head_name"), hamlet: text("hamlet"),
      address: text("address"), phone: text("phone"), children: household.children.length,
      special: household.circumstances.length, sealed: household.sealed.length, undecided, issues: household.issues.length,
      last_visit: household.visits.length ? TODAY : number % 2 ? "2026-05-12" : null,
      visited: household.visits.length > 0, tried: number % 10 === 2, changed: number % 8 === 3,
      unsent: household.waiting.unsent, refused: household.waiting.refused, draft: draft?.visit.draft ?? null, withdrawn: false,
    };
  }

  function draftRow({ visit }: Draft): DraftRow {
    const { household } = visit;
    return {
      draft: visit.draft, document: household.document, head: String(household.household["head_name"]?.value ?? ""),
      number: String(household.household["number"]?.value ?? ""), step: visit.step, touched_at: NOW() - 600,
    };
  }

  function fieldsOf(household: Household, container: string, id: string | null): Record<string, FieldState> {
    if (id === null || container === "household") return household.household;
    const entities = household[container as "children"] as Entity[];
    return entities.find((entity) => entity.id === id)?.fields ?? fail("field_unknown");
  }

  const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  async function runSync(): Promise<SyncOutcome> {
    const state = (next: SyncState) => say({ event: "sync", state: next });
    if (!navigator.onLine) {
      const error = { code: "offline" };
      state({ kind: "failed", at: NOW(), error });
      throw error;
    }
    const sent = waiting.changes;
    for (let done = 0; done <= 4; done += 1) {
      state({ kind: "running", step: waiting.reports ? "reports" : "exchange", requests: done, sent: Math.floor((sent * done) / 4), received: done * 3, done: done * 20_000, total: 80_000 });
      await rest(pace);
    }
    for (const row of urgent) {
      if (row.state === "waiting") Object.assign(row, { state: "arrived", state_at: NOW() });
    }
    for (const household of households.values()) household.waiting.unsent = 0;
    const outcome: SyncOutcome = { sent, acknowledged: sent, refused: 0, received: 12, reports_arrived: waiting.reports, agrees: true, requests: 2, bytes_up: 2_900, bytes_down: 18_000 };
    Object.assign(waiting, { changes: 0, households: 0, reports: 0, statements: 0 });
    last = { at: NOW(), agrees: true };
    state({ kind: "finished", at: NOW(), outcome });
    changed();
    return outcome;
  }

  function review(village: string): Calls["round"]["result"] {
    const rows = [...households.values()].map(rowOf);
    return {
      village: { ...VILLAGE, code: village }, round: ROUND, households: rows.length,
      visited: rows.filter((row) => row.visited).length,
      not_visited: rows.filter((row) => !row.visited).map((row) => row.document),
      undecided: rows.filter((row) => row.undecided).map((row) => row.document),
      drafts: [...drafts.values()].map(draftRow), waiting: copy(waiting), sign_offs: copy(signOffs),
      signed: copy(signOffs.filter((row) => !row.reopened).at(-1) ?? null),
    };
  }

  const calls: Implementation = {
    start: () => phase,
    take_over: () => (phase = fakePhase("locked")),
    check_pin: ({ pin: tried }) => ({
      weakness: tried.length < 6 ? "short" : /^(.)\1+$/.test(tried) ? "repeated" : "0123456789 9876543210".includes(tried) ? "sequence" : null,
    }),
    enrol: async (args) => {
      await rest(pace * 2);
      if (args.code.startsWith("USED")) fail("enrolment_code_used");
      if (args.code.startsWith("XXXX")) fail("enrolment_code_unknown");
      pin = args.pin;
      label = args.label;
      last = null;
      return (phase = { phase: "open" });
    },
    unlock: async ({ pin: tried }) => {
      await rest(pace);
      if (tried !== pin) {
        failures += 1;
        const wait = failures < 3 ? 0 : 30;
        fail("pin_wrong", { wait, failures });
      }
      failures = 0;
      return (phase = { phase: "open" });
    },
    lock: () => (phase = { ...fakePhase("locked"), label } as Phase),
    change_pin: ({ old, pin: next }) => {
      if (old !== pin) fail("pin_wrong", { wait: 0, failures: 1 });
      pin = next;
      return null;
    },
    forget_pin: () => (phase = { phase: "new", lost: false, kept: [{ ...KEPT[0]!, why: "forgotten", at: NOW() }] }),
    export_kept: ({ name }) => ({ name, bytes: new Uint8Array([83, 84]) }),
    export_backup: () => ({ name: "so-thon-ban-sao-2026-11-23.sothon", bytes: new Uint8Array([83, 84]) }),
    restore_backup: ({ pin: tried }) => (tried === pin ? (phase = { phase: "open" }) : fail("pin_wrong", { wait: 0, failures: 1 })),
    send_outbox: async () => {
      await rest(pace * 3);
      if (!navigator.onLine) fail("offline");
      const outbox = { changes: 12, reports: 1, sealed_at: NOW() - 4000, delivered_at: NOW() };
      say({ event: "outbox", outbox });
      return outbox;
    },

    definitions: fakeDefinitions,
    home: () => {
      const rows = [...households.values()].map(rowOf);
      const count = (test: (row: HouseholdRow) => unknown) => rows.filter(test).length;
      return {
        commune: "Xã Giả Lập", unit_word: "Thôn", villages: [VILLAGE], round: ROUND, signed: {}, reminded: {},
        contacts: [{ label: "Trực ban xã (số thử)", phone: "02090000000" }, { label: "Công an xã (số thử)", phone: "02090000113" }],
        today: TODAY,
        counts: {
          households: rows.length, visited: count((r) => r.visited), special: count((r) => r.special),
          undecided: count((r) => r.undecided), changed: count((r) => r.changed), drafts: drafts.size,
        },
        waiting: copy(waiting), drafts: [...drafts.values()].map(draftRow), last_sync: last, clock_off: null,
      };
    },
    households: () => [...households.values()].map(rowOf),
    search: ({ text }) => {
      const fold = (s: string) => s.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "");
      const sought = fold(text.trim());
      return [...households.values()]
        .filter((household) => fold(JSON.stringify([household.household, household.members, household.children])).includes(sought))
        .map((household) => household.document as string);
    },
    household: ({ document }) => copy(householdOf(document)),
    mark_seen: () => null,
    history: ({ document, container, id, field: name }) => {
      const state = fieldsOf(householdOf(document), container, id)[name];
      const values = state ? [state.value, ...(state.others ?? [])] : [];
      return {
        values: values.map((value, index) => ({
          value, who: index === 0 ? { kind: "me", name: "" } : { kind: "device", name: "Máy của cộng tác viên B" },
          at: NOW() - 86_400 * (index + 3), unsent: false,
        })),
        decisions: [],
      };
    },
    decide: ({ document, container, id, field: name, value }) => {
      fieldsOf(householdOf(document), container, id)[name] = field(value);
      changed();
      return null;
    },

    visit_start: ({ document, village }) => {
      const open = [...drafts.values()].find(({ visit }) => document !== null && visit.household.document === document);
      if (open) return copy(open.visit);
      const draft = newKey();
      const household = document === null ? { ...emptyHousehold(null), village: { ...VILLAGE, code: village } } : copy(householdOf(document));
      household.draft = draft;
      const visit: Visit = { draft, step: "", household, written: 0, started_at: NOW(), date: TODAY, overtaken: false };
      drafts.set(draft, { visit, before: new Map() });
      return copy(visit);
    },
    visit: ({ draft }) => copy(draftOf(draft).visit),
    visit_set: async ({ draft, container, id, field: name, value }) => {
      await rest(20);
      const { visit, before } = draftOf(draft);
      const fields = fieldsOf(visit.household, container, id);
      const key = `${container}/${id}/${name}`;
      if (!before.has(key)) before.set(key, fields[name]);
      fields[name] = { value, draft: true };
      visit.written = before.size;
      visit.household.people = people(visit.household);
      changed();
      return null;
    },
    visit_restore: ({ draft, container, id, field: name }) => {
      const { visit, before } = draftOf(draft);
      const key = `${container}/${id}/${name}`;
      const fields = fieldsOf(visit.household, container, id);
      const old = before.get(key);
      if (old) fields[name] = old;
      else delete fields[name];
      before.delete(key);
      visit.written = before.size;
      changed();
      return null;
    },
    visit_add: ({ draft, container, fields }) => {
      const { visit, before } = draftOf(draft);
      const id = newKey();
      const states = Object.fromEntries(Object.entries(fields).map(([name, value]: [string, Value]) => [name, { value, draft: true as const }]));
      (visit.household[container as "children"] as Entity[]).push({ id, draft: true, fields: states });
      before.set(`${container}/${id}`, undefined);
      visit.written = before.size;
      visit.household.people = people(visit.household);
      changed();
      return { id };
    },
    visit_remove: ({ draft, container, id }) => {
      const { visit, before } = draftOf(draft);
      const of = container as "children";
      visit.household[of] = visit.household[of].filter((entity) => entity.id !== id);
      before.delete(`${container}/${id}`);
      visit.written = before.size;
      changed();
      return null;
    },
    visit_step: ({ draft, step }) => {
      draftOf(draft).visit.step = step;
      return null;
    },
    visit_finish: ({ draft, result, date }) => {
      const { visit } = draftOf(draft);
      const document = visit.household.document ?? newKey().padStart(32, "f");
      const household = copy({ ...visit.household, document, draft: null });
      for (const state of Object.values(household.household)) delete state.draft;
      for (const container of ["members", "children", "circumstances", "supports", "events"] as const) {
        for (const entity of household[container]) {
          delete entity.draft;
          for (const state of Object.values(entity.fields)) delete state.draft;
        }
      }
      household.visits.push({ id: newKey(), fields: { date: field(date), result: field(result), round: field(ROUND.code) } });
      household.waiting.unsent += 1;
      households.set(document, household);
      drafts.delete(draft);
      waiting.changes += 1;
      waiting.households += 1;
      changed();
      return { document, issues: copy(household.issues) };
    },
    visit_leave: ({ draft }) => {
      if (draftOf(draft).visit.written > 0) fail("visit_not_empty");
      drafts.delete(draft);
      changed();
      return null;
    },
    seal: ({ document }) => {
      householdOf(document).sealed.push({ id: newKey(), at: NOW(), mine: true, state: "waiting" });
      waiting.changes += 1;
      changed();
      return null;
    },

    urgent_send: () => {
      const row: UrgentRow = { id: newKey(), made_at: NOW(), state: "waiting", state_at: null };
      urgent.unshift(row);
      waiting.reports += 1;
      changed();
      return { id: row.id };
    },
    urgent_list: () => copy(urgent),

    round: ({ village }) => review(village),
    tally: ({ village }) => ({
      form: "03/TE", title: "Thống kê trẻ em có hoàn cảnh đặc biệt", village, from: "2025-11-21", as_of: ROUND.as_of,
      columns: [{ code: "total", label: "Tổng số" }, { code: "rate", label: "Tỷ lệ %" }, { code: "support", label: "Trợ giúp" }],
      lines: [
        { code: "I", number: "I", label: "Dân số trẻ em", level: 0, heading: true, cells: [null, null, null] },
        { code: "I.1", number: "1", label: "Trẻ em dưới 16 tuổi", level: 1, heading: false, cells: [{ least: 58, most: 60 }, null, { least: 4, most: 4 }] },
        { code: "I.1.1", number: "1.1", label: "Nam", level: 2, heading: false, cells: [{ least: 30, most: 31 }, null, { least: 2, most: 2 }] },
        { code: "I.1.2", number: "1.2", label: "Nữ", level: 2, heading: false, cells: [{ least: 28, most: 29 }, null, { least: 2, most: 2 }] },
        { code: "II", number: "II", label: "Tổng số trẻ em có hoàn cảnh đặc biệt", level: 0, heading: true, cells: [{ least: 8, most: 8 }, null, { least: 4, most: 4 }] },
        { code: "II.4", number: "4", label: "Trẻ em khuyết tật", level: 1, heading: false, cells: [{ least: 8, most: 8 }, null, { least: 4, most: 4 }] },
        { code: "II.4.2", number: "4.2", label: "Trẻ em khuyết tật nặng", level: 2, heading: false, cells: [{ least: 8, most: 8 }, null, { least: 4, most: 4 }] },
      ],
    }),
    sign_off: ({ village }) => {
      const row: SignOffRow = { id: newKey(), round: ROUND.code, village, made_at: NOW(), reopened: false, state: "waiting", changed_since: 0 };
      signOffs.push(row);
      waiting.statements += 1;
      changed();
      return copy(row);
    },
    reopen: () => {
      const row = signOffs.at(-1) ?? fail("fault");
      row.reopened = true;
      changed();
      return copy(row);
    },

    sync: () => {
      running ??= runSync().finally(() => (running = null));
      return running;
    },
    refused: () => copy(refused),
    device: () => ({
      device: "a1b2c3d4", label, commune: "Xã Giả Lập", villages: [VILLAGE], server: location.origin,
      enrolled_at: NOW() - 30 * 86_400, last_sync: last, waiting: copy(waiting), households: households.size,
      storage: { persisted: false, usage: 3_400_000, quota: 1_200_000_000 }, kept: KEPT, version: "0.1.0",
    }),
    set_label: (args) => {
      label = args.label;
      changed();
      return null;
    },
  };

  return {
    async call(method, args) {
      return (await calls[method](args)) as Calls[typeof method]["result"];
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
