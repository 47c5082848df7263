/**
 * Everything the pages may ask of the core, which lives in a Worker. The Rust half is `phone/facade/src`.
 *
 * Invariants: nothing here decides; what a household is, when a value is disputed, what is missing, what a
 * form says, all comes from the core. Every answer is a copy: changing it changes nothing.
 */

/** A household's document: 32 hexadecimal digits. */
export type DocumentName = string;
/** Key of a child, visit, … in a document: 13 characters. */
export type EntityKey = string;
/** `2026-11-23`. */
export type Day = string;
/** As much of a date as is known: `2019-05-03`, `2019-05` or `2019`. */
export type PartialDate = string;
/** Seconds since 1970, by this phone's clock unless said otherwise. */
export type Seconds = number;
export type Value = string | number | boolean | null;

/** The part of a record that a field is in; `household`: the household's own fields. */
export type Container =
  | "household" | "members" | "children" | "circumstances" | "supports" | "events" | "visits" | "links";

/** What went wrong, by a stable code; the texts are in the translations under `error.<code>`. */
export interface CoreError {
  code: string;
  params?: Record<string, string | number>;
}

// ---------------------------------------------------------------------------------- before the store is open

export type Phase =
  /** The browser lacks something the store needs. */
  | { phase: "unsupported"; missing: ("opfs" | "worker" | "wasm" | "locks" | "crypto" | "secure")[] }
  /** The core's program did not start. */
  | { phase: "broken"; code: string }
  /** Another tab holds the store. */
  | { phase: "elsewhere" }
  /** No store. `lost`: there was one, and the system has cleared it. */
  | { phase: "new"; lost: boolean; kept: KeptStore[] }
  /** A store, closed. `wait`: seconds until another PIN may be tried. */
  | { phase: "locked"; label: string; wait: number; failures: number; outbox: Outbox; kept: KeptStore[] }
  /** The store can't be read; it was set aside and can be exported. */
  | { phase: "damaged"; kept: KeptStore[] }
  /** Ready. */
  | { phase: "open" };

/** A store that is no longer used and never deleted by the app. */
export interface KeptStore {
  name: string;
  why: "damaged" | "forgotten" | "replaced";
  at: Seconds;
  bytes: number;
}

/** The sealed letter that can be sent without the PIN: signed work that waits for the office. */
export interface Outbox {
  /** Changes in the letter; 0: there is none. */
  changes: number;
  /** Urgent reports in it. */
  reports: number;
  /** When it was sealed. */
  sealed_at: Seconds | null;
  /** When the office confirmed it, without the PIN. The next sync confirms it in the store too. */
  delivered_at: Seconds | null;
}

export type PinWeakness = "short" | "repeated" | "sequence" | "date" | "common";

// ------------------------------------------------------------------------------------------ the open store

export interface ReviewRound {
  code: string;
  title: string;
  starts: Day;
  ends: Day;
  as_of: Day;
}

export interface Village {
  code: string;
  name: string;
}

export interface Contact {
  label: string;
  phone: string;
}

export interface Home {
  commune: string;
  /** Thôn, tiểu khu, ấp, … as written at the beginning of a sentence. */
  unit_word: string;
  villages: Village[];
  /** The round under way: the last one opened that has begun; otherwise the next. */
  round: ReviewRound | null;
  /** On which day this device signed the round off, by the village's code. */
  signed: Record<string, Day>;
  /** On which day the commune last reminded a village of the round, by the village's code. */
  reminded: Record<string, Day>;
  contacts: Contact[];
  today: Day;
  counts: {
    households: number;
    visited: number;
    special: number;
    undecided: number;
    changed: number;
    drafts: number;
  };
  waiting: Waiting;
  drafts: DraftRow[];
  last_sync: LastSync | null;
  /** The office's clock and this phone's differ by more than a day: seconds, phone minus office. */
  clock_off: number | null;
}

/** What is not on the office's disk. */
export interface Waiting {
  changes: number;
  households: number;
  reports: number;
  statements: number;
  /** Refused by the office: kept, and to be looked at. */
  refused: number;
}

export interface LastSync {
  at: Seconds;
  /** Whether both ends then held the same. */
  agrees: boolean;
}

export interface DraftRow {
  draft: string;
  document: DocumentName | null;
  head: string;
  number: string;
  step: string;
  touched_at: Seconds;
}

export interface HouseholdRow {
  document: DocumentName;
  village: string;
  number: string;
  head: string;
  hamlet: string;
  address: string;
  phone: string;
  /** Children whose record is not withdrawn and who still live here. */
  children: number;
  /** Of these, in special circumstances (03/TE II), sealed reports not counted. */
  special: number;
  /** Sealed reports in the document. */
  sealed: number;
  /** Fields on which people wrote different things. */
  undecided: number;
  /** Contradictions and missing things. */
  issues: number;
  last_visit: Day | null;
  /** Visited (met, or moved away) in the round under way. */
  visited: boolean;
  /** Tried in the round, and nobody was met. */
  tried: boolean;
  /** Somebody else changed it since it was last opened here. */
  changed: boolean;
  /** Changes not on the office's disk. */
  unsent: number;
  refused: number;
  draft: string | null;
  withdrawn: boolean;
}

export interface FieldState {
  /** What is shown. */
  value: Value;
  /** The other values that stand beside it: people wrote different things. */
  others?: Value[];
  /** Written in the visit under way, not yet part of the record. */
  draft?: true;
}

export interface Entity {
  id: EntityKey;
  /** Begun in the visit under way. */
  draft?: true;
  fields: Record<string, FieldState>;
}

export interface Issue {
  code: string;
  severity: "contradiction" | "doubtful" | "missing" | "undecided" | string;
  container: Container;
  id: EntityKey | null;
  field: string | null;
  vi: string;
  en: string;
}

export interface SealedReport {
  id: EntityKey;
  /** When it was sealed, by its author's clock. */
  at: Seconds | null;
  mine: boolean;
  state: "waiting" | "arrived";
}

/** Age and other things the core derives of a person, for the pages. */
export interface PersonFacts {
  id: EntityKey;
  container: "members" | "children";
  /** Full years today; null: no date of birth. */
  age: number | null;
  /** Whether the person still lives here (not died, not moved away), as shown. */
  present: boolean;
  /** Turned 16 and recorded so, or old enough for it. */
  sixteen: "no" | "due" | "recorded";
}

export interface Household {
  document: DocumentName | null;
  village: Village;
  household: Record<string, FieldState>;
  members: Entity[];
  children: Entity[];
  circumstances: Entity[];
  supports: Entity[];
  events: Entity[];
  visits: Entity[];
  links: Entity[];
  sealed: SealedReport[];
  people: PersonFacts[];
  issues: Issue[];
  decisions: DecisionNote[];
  waiting: { unsent: number; refused: number };
  draft: string | null;
}

/** A decision that was made on a field of this household. */
export interface DecisionNote {
  id: EntityKey;
  container: Container;
  entity: EntityKey | null;
  field: string;
  value: Value;
  reason: string | null;
  who: Author;
  at: Seconds | null;
  /** Not yet looked at on this phone. */
  unseen: boolean;
}

export interface Author {
  kind: "me" | "office" | "device";
  /** The device's name as the office calls it; empty if unknown here. */
  name: string;
}

export interface FieldValue {
  value: Value;
  who: Author;
  at: Seconds | null;
  /** The writing is not on the office's disk. */
  unsent: boolean;
}

export interface FieldHistory {
  /** Every value that stands, the one shown first at the front. */
  values: FieldValue[];
  decisions: DecisionNote[];
}

/** A visit under way: the household as it will be, and where the collector is. */
export interface Visit {
  draft: string;
  step: string;
  household: Household;
  /** Fields written in this visit. */
  written: number;
  started_at: Seconds;
  date: Day;
  /** Somebody else's changes arrived since the visit began: they are kept beside what is written here. */
  overtaken: boolean;
}

export type UrgentKind = "abuse" | "abandonment" | "injury" | "danger" | "other";

export interface UrgentInput {
  kind: UrgentKind;
  document: DocumentName | null;
  person: EntityKey | null;
  /** Who it is about, when not chosen from the register. */
  about: string;
  place: string;
  happened: string;
  /** How to reach the one who reports. */
  contact: string;
}

export interface UrgentRow {
  id: string;
  made_at: Seconds;
  state: "waiting" | "arrived" | "opened";
  state_at: Seconds | null;
}

export interface SignOffRow {
  id: string;
  round: string;
  village: string;
  made_at: Seconds;
  reopened: boolean;
  state: "waiting" | "arrived" | "opened";
  /** Households changed since. */
  changed_since: number;
}

export interface RoundReview {
  village: Village;
  round: ReviewRound | null;
  households: number;
  visited: number;
  not_visited: DocumentName[];
  undecided: DocumentName[];
  drafts: DraftRow[];
  waiting: Waiting;
  sign_offs: SignOffRow[];
  /** Signed off and not reopened since. */
  signed: SignOffRow | null;
}

export interface Cell {
  least: number;
  most: number;
}

export interface FormTable {
  form: string;
  title: string;
  village: string;
  from: Day;
  as_of: Day;
  columns: { code: string; label: string }[];
  lines: {
    code: string;
    number: string;
    label: string;
    level: number;
    heading: boolean;
    /** null: not counted from the register (typed in at the office). */
    cells: (Cell | null)[];
  }[];
}

export interface RefusedRow {
  document: DocumentName;
  head: string;
  number: string;
  code: string;
  at: Seconds;
  changes: number;
  /** May be accepted later without anything done here. */
  may_pass: boolean;
}

export interface DeviceInfo {
  device: string;
  label: string;
  commune: string;
  villages: Village[];
  server: string;
  enrolled_at: Seconds | null;
  last_sync: LastSync | null;
  waiting: Waiting;
  households: number;
  storage: { persisted: boolean; usage: number; quota: number };
  kept: KeptStore[];
  version: string;
}

export interface SyncOutcome {
  sent: number;
  acknowledged: number;
  refused: number;
  received: number;
  reports_arrived: number;
  agrees: boolean;
  requests: number;
  bytes_up: number;
  bytes_down: number;
}

/** What the Worker says unasked. */
export type CoreEvent =
  | { event: "sync"; state: SyncState }
  /** Something in the store changed: ask again for what is shown. */
  | { event: "changed" }
  | { event: "locked" }
  /** Another tab took over. */
  | { event: "elsewhere" }
  | { event: "outbox"; outbox: Outbox };

export type SyncState =
  | { kind: "idle" }
  /** `done` and `total` in bytes of changes still to come; total null: not known. */
  | { kind: "running"; step: "reports" | "exchange" | "reading"; requests: number; sent: number; received: number;
      done: number; total: number | null }
  /** A request failed and is tried again in `seconds`. */
  | { kind: "waiting"; code: string; failures: number; seconds: number }
  | { kind: "finished"; at: Seconds; outcome: SyncOutcome }
  | { kind: "failed"; at: Seconds; error: CoreError };

/** One entry of a catalogue, as in `schemas/catalogues`. */
export interface CatalogueEntry {
  code: string;
  label: string;
  label_en?: string;
  plain?: string;
  valid_from?: string;
  valid_to?: string;
  circumstance?: { cut: string; restricted: boolean; [more: string]: unknown };
  [more: string]: unknown;
}

export interface FieldDefinition {
  name: string;
  type: "text" | "code" | "codes" | "date" | "day" | "int" | "bool" | "entity" | "document";
  label: string;
  label_en: string;
  catalogue?: string;
  format?: string;
  max_chars?: number;
  min?: number;
  max?: number;
  sensitivity: string;
}

export interface Definitions {
  entities: { kind: string; container?: string; label: string; label_en: string; fields: FieldDefinition[] }[];
  catalogues: Record<string, { title: string; title_en: string; entries: CatalogueEntry[] }>;
  /** `schemas/records/circumstance_questions.json`. */
  questions: QuestionGroup[];
}

/** A group of 03/TE II–IV in plain words, and the questions that lead to its line. */
export interface QuestionGroup {
  /** Code of the group in `circumstances`, for example `II.4`. */
  code: string;
  plain: string;
  plain_en: string;
  /** Asked in order, but one named as `next` only when led to; none: the group's own code is the answer. */
  questions: Question[];
}

export interface Question {
  id: string;
  ask: string;
  ask_en: string;
  /** Several answers may be given, or none. */
  many?: boolean;
  answers: Answer[];
}

export interface Answer {
  plain: string;
  plain_en: string;
  /** The lines it records; empty: none. */
  codes?: string[];
  /** Or another question of the group. */
  next?: string;
}

// --------------------------------------------------------------------------------------------------- calls

/** Every call: what it is given and what it answers. A refused call rejects with a [`CoreError`]. */
export interface Calls {
  start: { args: Record<string, never>; result: Phase };
  take_over: { args: Record<string, never>; result: Phase };
  /** Looks at a PIN without storing it; null: strong enough. */
  check_pin: { args: { pin: string }; result: { weakness: PinWeakness | null } };
  /** Draws a key, enrols at the office this page came from, makes the store. May be repeated. */
  enrol: { args: { code: string; label: string; pin: string }; result: Phase };
  /** Rejects with `pin_wrong` {wait, failures} or `pin_wait` {wait}. */
  unlock: { args: { pin: string }; result: Phase };
  lock: { args: Record<string, never>; result: Phase };
  change_pin: { args: { old: string; pin: string }; result: null };
  /** Sets the store aside, unread, and begins anew. The sealed letter stays to be sent. */
  forget_pin: { args: Record<string, never>; result: Phase };
  export_kept: { args: { name: string }; result: { name: string; bytes: Uint8Array } };
  /** A file with the store, as encrypted, and the sealed letter. */
  export_backup: { args: Record<string, never>; result: { name: string; bytes: Uint8Array } };
  restore_backup: { args: { bytes: Uint8Array; pin: string }; result: Phase };
  /** Sends the sealed letter without the PIN. */
  send_outbox: { args: Record<string, never>; result: Outbox };

  definitions: { args: Record<string, never>; result: Definitions };
  home: { args: Record<string, never>; result: Home };
  households: { args: Record<string, never>; result: HouseholdRow[] };
  /** Without regard to accents and case; in names, number, hamlet, address, telephone, identity numbers. */
  search: { args: { text: string }; result: DocumentName[] };
  household: { args: { document: DocumentName }; result: Household };
  /** The collector has looked at what others changed. */
  mark_seen: { args: { document: DocumentName }; result: null };
  history: {
    args: { document: DocumentName; container: Container; id: EntityKey | null; field: string };
    result: FieldHistory;
  };
  /** `seen`: the values that stood there when it was chosen. Rejects with `decide_overtaken` if another stands now. */
  decide: {
    args: {
      document: DocumentName; container: Container; id: EntityKey | null; field: string; value: Value;
      reason: string; seen: Value[];
    };
    result: null;
  };

  /** Goes on with the household's visit, or begins one. `document` null: a household not in the register. */
  visit_start: { args: { document: DocumentName | null; village: string }; result: Visit };
  visit: { args: { draft: string }; result: Visit };
  /** Writes one field, durably. `id` null: of the household itself; a new object's id comes from `visit_add`. */
  visit_set: {
    args: { draft: string; container: Container; id: EntityKey | null; field: string; value: Value };
    result: null;
  };
  /** Takes back what this visit wrote in a field. */
  visit_restore: {
    args: { draft: string; container: Container; id: EntityKey | null; field: string };
    result: null;
  };
  /** Begins an object with its first fields. */
  visit_add: {
    args: { draft: string; container: Container; fields: Record<string, Value> };
    result: { id: EntityKey };
  };
  /** Takes back an object begun in this visit. */
  visit_remove: { args: { draft: string; container: Container; id: EntityKey }; result: null };
  visit_step: { args: { draft: string; step: string }; result: null };
  /** Makes what was written part of the record. `result`: code of `visit_results`. */
  visit_finish: {
    args: { draft: string; result: string; date: Day };
    result: { document: DocumentName; issues: Issue[] };
  };
  /** A visit in which nothing was written comes to nothing; otherwise rejects with `visit_not_empty`. */
  visit_leave: { args: { draft: string }; result: null };
  /** Seals a restricted circumstance of a person at once. Nothing readable is kept. */
  seal: {
    args: {
      document: DocumentName; person: EntityKey; code: string; start: PartialDate | null; note: string;
      supports: string[];
    };
    result: null;
  };

  urgent_send: { args: UrgentInput; result: { id: string } };
  urgent_list: { args: Record<string, never>; result: UrgentRow[] };

  round: { args: { village: string }; result: RoundReview };
  tally: { args: { village: string }; result: FormTable };
  sign_off: { args: { village: string }; result: SignOffRow };
  reopen: { args: { village: string }; result: SignOffRow };

  /** Begins a sync, or joins the one under way; its course comes as events. */
  sync: { args: Record<string, never>; result: SyncOutcome };
  refused: { args: Record<string, never>; result: RefusedRow[] };
  device: { args: Record<string, never>; result: DeviceInfo };
  set_label: { args: { label: string }; result: null };
}

export type Method = keyof Calls;

/** How the pages reach the core. `phone/app/src/core/client.ts` speaks to the Worker; tests use a fake. */
export interface Core {
  call<M extends Method>(method: M, args: Calls[M]["args"]): Promise<Calls[M]["result"]>;
  /** Returns how to stop listening. */
  listen(listener: (event: CoreEvent) => void): () => void;
}
