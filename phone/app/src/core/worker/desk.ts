/**
 * The desk: which store is in use, whether it is open, and what is done around the core's own calls –
 * enrolling, unlocking, locking, syncing, setting a store aside, sealing letters.
 */

import type { Calls, CoreError, CoreEvent, Definitions, DeviceInfo, KeptStore, Method, Phase, SyncOutcome } from "../api";
import {
  type Browser,
  close_vault,
  open_vault,
  pin_weakness,
  unpack_backup,
} from "../generated/phone_facade.js";
import { exchange } from "./exchange";
import { hold, onAsked, takeOver } from "./hold";
import { outbox, send } from "./letters";
import { Cut, isCoreError, pauseMs, post } from "./line";
import { browser, core, now, refusal } from "./module";
import { waitSeconds, written } from "./pin";
import { dropLetter, letters, putLetter, putStore, type Shelved, stores } from "./shelf";

const ENROL_MEDIA = "application/vnd.sothon.exchange+cbor";

/** Calls that change what other pages show. Fields of a visit under way are shown by its own page alone. */
const WRITING = new Set<Method>([
  "mark_seen", "decide", "visit_start", "visit_finish", "visit_leave", "seal", "urgent_send", "sign_off", "reopen",
  "set_label",
]);

/** How long after unlocking the whole store is read. */
const EXAMINE_AFTER_MS = 5_000;
/** Rows of the list made anew before anything else gets its turn. */
const ROWS_AT_ONCE = 10;

/** The data files as the core has them. */
interface Sources {
  record: Pick<Definitions, "entities">;
  catalogues: Definitions["catalogues"];
  questions: { groups: Definitions["questions"] };
}

function definitions({ record, catalogues, questions }: Sources): Definitions {
  return { entities: record.entities, catalogues, questions: questions.groups };
}

/** For a store that is about to be made: those set aside keep their files. */
async function makeRoom(browser: Browser): Promise<void> {
  await browser.make_room().catch((error: unknown) => {
    throw refusal(error) ?? error;
  });
}

export class Desk {
  private browser: Browser | null = null;
  /** The store in use, open or closed. */
  private shelved: Shelved | null = null;
  private open = false;
  /** The day the rows of the list were last made for. */
  private day = "";
  /** This tab has the store. */
  private held = false;
  /** The system has cleared the store's file; what is kept beside it says that there was one. */
  private lost = false;
  private syncing: Promise<SyncOutcome> | null = null;
  /** Grows whenever the store is closed: a sync begun before goes on no longer. */
  private sitting = 0;
  /** Ends the pause before the next attempt. */
  private hurry: (() => void) | null = null;

  constructor(private readonly say: (event: CoreEvent) => void) {
    onAsked(() => void this.release());
    self.addEventListener("online", () => this.hurry?.());
  }

  async call(method: Method, args: Calls[Method]["args"]): Promise<unknown> {
    try {
      return await this.answer(method, args);
    } catch (error) {
      if ((error as CoreError).code === "store_damaged" && this.open) await this.damaged();
      throw error;
    }
  }

  private async answer(method: Method, args: Calls[Method]["args"]): Promise<unknown> {
    const own = this.own[method as keyof typeof this.own];
    if (own) return (own as (args: unknown) => Promise<unknown>).call(this, args);
    const result = JSON.parse(this.ask(method, args)) as unknown;
    if (method === "home") this.turnDay();
    if (WRITING.has(method)) this.say({ event: "changed" });
    if (method === "urgent_send") void this.after(this.sendAtOnce());
    if (method === "device") return this.describe(result as DeviceInfo);
    if (method === "definitions") return definitions(result as Sources);
    return result;
  }

  /** What is more than one call of the core. */
  private readonly own = {
    start: () => this.start(false),
    take_over: () => this.start(true),
    check_pin: async ({ pin }: Calls["check_pin"]["args"]) => {
      await browser();
      return { weakness: pin_weakness(written(pin)) ?? null };
    },
    enrol: (args: Calls["enrol"]["args"]) => this.enrol(args),
    unlock: ({ pin }: Calls["unlock"]["args"]) => this.unlock(pin),
    lock: () => this.lock(),
    change_pin: (args: Calls["change_pin"]["args"]) => this.changePin(args),
    forget_pin: async () => {
      await this.setAside("forgotten");
      return this.phase();
    },
    export_kept: ({ name }: Calls["export_kept"]["args"]) => this.exportStore(name),
    export_backup: () => this.exportStore(this.current().name),
    restore_backup: (args: Calls["restore_backup"]["args"]) => this.restore(args),
    send_outbox: async () => {
      await send(() => now().clock);
      return this.tellOutbox();
    },
    sync: () => this.sync(),
  };

  // ------------------------------------------------------------------------------------------------ phases

  private async start(steal: boolean): Promise<Phase> {
    if (!this.held) {
      this.held = steal ? await takeOver() : await hold();
      if (!this.held) return { phase: "elsewhere" };
    }
    const shelf = await stores();
    this.shelved ??= shelf.findLast((store) => store.kept === null) ?? null;
    // The lock asks for a PIN without the module, which is compiled meanwhile: unlocking waits for it.
    const loading = this.load();
    const isLocked = this.shelved?.enrolled && shelf.every((store) => store.kept === null);
    if (!isLocked || this.browser) return (await loading) ?? this.phase();
    loading.then(() => this.lost && this.say({ event: "locked" })).catch(() => undefined);
    return this.phase();
  }

  /** Compiles the module and takes hold of the files; gives the phase that keeps from going on, if one does. */
  private async load(): Promise<Phase | null> {
    try {
      this.browser = await browser();
    } catch (error) {
      const code = (error as CoreError).code;
      return code === "opfs_held" ? { phase: "elsewhere" } : { phase: "broken", code: code ?? "core_failed" };
    }
    const { browser: files, shelved } = this;
    if (shelved?.enrolled && !core(() => files.contains(shelved.name))) {
      // Its lock is there and it is not.
      await this.setAside("damaged");
      this.lost = true;
    }
    return this.lost && !this.shelved ? this.phase() : null;
  }

  /** The module, for what can't go on without it. */
  private async loaded(): Promise<Browser> {
    if (!this.browser) await this.load();
    if (!this.browser) throw { code: "core_failed" } satisfies CoreError;
    return this.browser;
  }

  private async phase(): Promise<Phase> {
    const store = this.shelved;
    if (this.open && store?.enrolled) return { phase: "open" };
    const kept = await this.kept();
    if (!store && !this.lost && kept.at(-1)?.why === "damaged") return { phase: "damaged", kept };
    if (!store?.enrolled) return { phase: "new", lost: this.lost, kept };
    const wait = waitSeconds(store.failures, store.failed_at, Date.now());
    return { phase: "locked", label: store.label, wait, failures: store.failures, outbox: await outbox(), kept };
  }

  private async kept(): Promise<KeptStore[]> {
    const kept: KeptStore[] = [];
    for (const { name, enrolled, kept: why } of await stores()) {
      // One whose enrolment never came to its end has nothing in it.
      const files = this.browser;
      if (why && enrolled && files && core(() => files.contains(name))) {
        kept.push({ name, why: why.why, at: why.at, bytes: files.bytes(name) });
      }
    }
    return kept.sort((a, b) => a.at - b.at);
  }

  private current(): Shelved {
    if (!this.shelved) throw { code: "not_enrolled" } satisfies CoreError;
    return this.shelved;
  }

  private opened(): Browser {
    if (!this.browser || !this.open) throw { code: "locked" } satisfies CoreError;
    return this.browser;
  }

  private ask(method: Method, args: unknown): string {
    const browser = this.opened();
    return core(() => browser.call(JSON.stringify({ method, args }), JSON.stringify(now())));
  }

  /** Another tab asks for the store. */
  private async release(): Promise<void> {
    if (!this.browser) return;
    if (this.open) await this.sealLetter().catch(() => undefined);
    this.close();
    this.say({ event: "elsewhere" });
    self.close();
  }

  private close(): void {
    this.endSync();
    this.browser?.close();
    this.open = false;
  }

  /** The core forgets a sync whose store is closed. Its answer, if one still comes, is not waited for. */
  private endSync(): void {
    this.sitting += 1;
    if (this.syncing) this.say({ event: "sync", state: { kind: "idle" } });
    this.syncing = null;
    this.hurry?.();
  }

  // ------------------------------------------------------------------------------------- enrolment and lock

  private async enrol({ code, label, pin }: Calls["enrol"]["args"]): Promise<Phase> {
    const browser = await this.loaded();
    if (this.shelved?.enrolled) throw { code: "already_enrolled" } satisfies CoreError;
    const weakness = pin_weakness(written(pin));
    if (weakness) throw { code: "pin_weak", params: { weakness } } satisfies CoreError;
    await this.begin(pin, label);
    // The key is on the disk before the office hears of it: a request whose answer was lost is repeated with it.
    const request = core(() => browser.begin_enrolment(code, label, self.location.origin, now().clock));
    const body = request as Uint8Array<ArrayBuffer>;
    for (let failures = 1; ; failures++) {
      const reply = await post("/v1/enrol", { "Content-Type": ENROL_MEDIA, Accept: ENROL_MEDIA }, body).catch(
        (error: unknown) => {
          if (error instanceof Cut) return null;
          throw error;
        },
      );
      if (reply?.kind === "message") {
        core(() => browser.finish_enrolment(reply.body, now().clock));
        break;
      }
      const passes = reply === null || reply.mayPass;
      if (!passes || failures > 3) throw { code: reply?.code ?? "connection_cut" } satisfies CoreError;
      await this.pause(pauseMs(failures, reply?.retryAfterMs ?? 0));
    }
    this.shelved = { ...this.current(), label, enrolled: true };
    await putStore(this.shelved);
    return this.phase();
  }

  /** A store for an enrolment; the one of an attempt that was cut off, if the PIN opens it. */
  private async begin(pin: string, label: string): Promise<void> {
    const browser = await this.loaded();
    // Still open since an attempt that failed, perhaps with another PIN: the lock has to be of the one given now.
    this.close();
    if (this.shelved) {
      try {
        const key = core(() => open_vault(written(pin), this.shelved!.vault));
        core(() => browser.open(this.shelved!.name, key, now().clock));
        this.open = true;
        return;
      } catch {
        // Another PIN this time: nothing was recorded in that store, a new one takes its place.
        await this.setAside("replaced");
      }
    }
    const key = crypto.getRandomValues(new Uint8Array(32));
    const vault = core(() => close_vault(written(pin), key)) as Uint8Array<ArrayBuffer>;
    const created_at = now().clock;
    const name = `store-${created_at}-${crypto.randomUUID().slice(0, 8)}.db`;
    await makeRoom(browser);
    const shelved = { name, vault, label, enrolled: false, created_at, failures: 0, failed_at: 0, kept: null };
    await putStore(shelved);
    core(() => browser.open(name, key, created_at));
    this.shelved = shelved;
    this.open = true;
  }

  private async unlock(pin: string): Promise<Phase> {
    const stopped = await this.load();
    if (stopped) return stopped;
    const key = await this.keyFor(pin);
    const store = this.current();
    try {
      core(() => this.browser!.open(store.name, key, now().clock));
    } catch (error) {
      if ((error as CoreError).code !== "store_damaged") throw error;
      await this.setAside("damaged");
      return this.phase();
    } finally {
      key.fill(0);
    }
    this.open = true;
    this.day = now().today;
    setTimeout(() => void this.examine(), EXAMINE_AFTER_MS);
    return this.phase();
  }

  /** The store's key, if this is the PIN. Wrong ones are counted and slowed down, wherever they are asked for. */
  private async keyFor(pin: string): Promise<Uint8Array> {
    const store = this.current();
    const wait = waitSeconds(store.failures, store.failed_at, Date.now());
    if (wait > 0) throw { code: "pin_wait", params: { wait } } satisfies CoreError;
    let key: Uint8Array;
    try {
      key = core(() => open_vault(written(pin), store.vault));
    } catch (error) {
      if ((error as CoreError).code !== "pin_wrong") throw error;
      // On the disk before the answer: reloading the page gives no further try.
      const failures = store.failures + 1;
      this.shelved = { ...store, failures, failed_at: Date.now() };
      await putStore(this.shelved);
      const params = { failures, wait: waitSeconds(failures, this.shelved.failed_at, Date.now()) };
      throw { code: "pin_wrong", params } satisfies CoreError;
    }
    if (store.failures > 0) {
      this.shelved = { ...store, failures: 0 };
      await putStore(this.shelved);
    }
    return key;
  }

  /** Ages and what is missing are of a day: in an app that stays open over midnight the rows are made anew. */
  private turnDay(): void {
    const { today } = now();
    if (this.day === today) return;
    this.day = today;
    void this.after(this.tidy().then((made) => made > 0 && this.say({ event: "changed" })));
  }

  /** Reads the whole store, when the list is long on the screen, and the rows that are of another day. */
  private async examine(): Promise<void> {
    if (!this.open || this.syncing) return;
    try {
      core(() => this.opened().examine());
      if ((await this.tidy()) > 0) this.say({ event: "changed" });
    } catch (error) {
      if ((error as CoreError).code === "store_damaged") await this.damaged();
    }
  }

  /** A page of the store can't be read: it is set aside as it is, and the pages say so. */
  private async damaged(): Promise<void> {
    await this.sealLetter().catch(() => undefined);
    await this.setAside("damaged");
    this.say({ event: "locked" });
  }

  private async lock(): Promise<Phase> {
    if (this.open) {
      // Nobody knows who opens it next: what a visit under way says becomes part of the record.
      this.flush("flush");
      await this.sealLetter().catch(() => undefined);
      this.close();
      this.say({ event: "locked" });
    }
    return this.phase();
  }

  /**
   * Makes visits under way part of the record. One that can't be now (the disk is full) stays as it is, and neither
   * the lock nor a sync waits for it.
   */
  private flush(which: "flush" | "flush_idle"): void {
    try {
      core(() => this.opened()[which](JSON.stringify(now())));
    } catch (error) {
      if (!isCoreError(error) || error.code === "store_damaged") throw error;
    }
  }

  private async changePin({ old, pin }: Calls["change_pin"]["args"]): Promise<null> {
    this.opened();
    const weakness = pin_weakness(written(pin));
    if (weakness) throw { code: "pin_weak", params: { weakness } } satisfies CoreError;
    const key = await this.keyFor(old);
    const vault = core(() => close_vault(written(pin), key)) as Uint8Array<ArrayBuffer>;
    key.fill(0);
    this.shelved = { ...this.current(), vault };
    await putStore(this.shelved);
    return null;
  }

  private async setAside(why: "damaged" | "forgotten" | "replaced"): Promise<void> {
    this.close();
    await this.shelve(why);
  }

  private async shelve(why: "damaged" | "forgotten" | "replaced"): Promise<void> {
    if (!this.shelved) return;
    await putStore({ ...this.shelved, kept: { why, at: now().clock } });
    this.shelved = null;
  }

  // ---------------------------------------------------------------------------------------- files and letters

  private async exportStore(name: string): Promise<{ name: string; bytes: Uint8Array }> {
    const shelved = (await stores()).find((store) => store.name === name);
    if (!shelved) throw { code: "store_missing" } satisfies CoreError;
    const { clock, today } = now();
    const browser = await this.loaded();
    if (this.open && this.shelved?.name === name) await this.sealLetter();
    const letter = (await letters()).find((letter) => letter.name === name);
    // An open store is closed for as long as it is read.
    if (this.shelved?.name === name) this.endSync();
    let store = new Uint8Array();
    try {
      store = core(() => browser.export_store(name, clock)) as Uint8Array<ArrayBuffer>;
    } catch (error) {
      // Killed in mid-write, a store is read only by opening it; what is sealed to the office can be handed in all the same.
      if (!letter) throw error;
    }
    const bytes = core(() => browser.pack_backup(name, shelved.vault, store, letter?.bytes, clock));
    return { name: `so-thon-${today}.sothon`, bytes };
  }

  private async restore({ bytes, pin }: Calls["restore_backup"]["args"]): Promise<Phase> {
    const browser = await this.loaded();
    const backup = core(() => unpack_backup(bytes));
    const key = core(() => open_vault(written(pin), backup.vault));
    if (this.open) await this.sealLetter().catch(() => undefined);
    const created_at = now().clock;
    const name = `store-${created_at}-${crypto.randomUUID().slice(0, 8)}.db`;
    await makeRoom(browser);
    core(() => browser.import_store(name, backup.store));
    this.close();
    core(() => browser.open(name, key, created_at));
    key.fill(0);
    // Only now: whatever failed until here has left the store in use where it was.
    await this.shelve("replaced");
    const vault = backup.vault as Uint8Array<ArrayBuffer>;
    this.shelved = { name, vault, label: "", enrolled: true, created_at, failures: 0, failed_at: 0, kept: null };
    await putStore(this.shelved);
    this.open = true;
    return this.phase();
  }

  /** Signs what is unsent and seals it to the office, to be sent without the PIN if need be. */
  async sealLetter(): Promise<void> {
    if (!this.open || !this.shelved?.enrolled) return;
    const letter = core(() => this.opened().seal_letter(now().clock));
    if (!letter) return;
    const { changes, reports } = letter;
    const bytes = letter.bytes as Uint8Array<ArrayBuffer>;
    await putLetter({ name: this.shelved.name, bytes, changes, reports, sealed_at: now().clock, delivered_at: null });
    await this.tellOutbox();
  }

  private async tellOutbox() {
    const told = await outbox();
    this.say({ event: "outbox", outbox: told });
    return told;
  }

  private async describe(device: DeviceInfo): Promise<DeviceInfo> {
    const [persisted, estimate, kept] = await Promise.all([
      navigator.storage.persisted(),
      navigator.storage.estimate(),
      this.kept(),
    ]);
    const storage = { persisted, usage: estimate.usage ?? 0, quota: estimate.quota ?? 0 };
    return { ...device, label: device.label || this.current().label, storage, kept };
  }

  // -------------------------------------------------------------------------------------------------- sync

  private sync(): Promise<SyncOutcome> {
    this.hurry?.();
    this.syncing ??= this.beginSync();
    return this.syncing;
  }

  private beginSync(): Promise<SyncOutcome> {
    const run = this.runSync(this.sitting).finally(() => {
      if (this.syncing === run) this.syncing = null;
    });
    return run;
  }

  /** Sends what was just made. A sync that was at its end already has not seen it: another one follows. */
  private async sendAtOnce(): Promise<void> {
    await this.sealLetter().catch(() => undefined);
    await this.sync();
    if (core(() => this.opened().waits()) > 0) await this.sync();
  }

  private async runSync(sitting: number): Promise<SyncOutcome> {
    const browser = this.opened();
    const store = this.current();
    try {
      this.flush("flush_idle");
      const outcome = await exchange(browser, {
        tell: (state) => this.say({ event: "sync", state }),
        stored: async () => {
          await this.tidy();
          this.say({ event: "changed" });
        },
        closed: () => this.sitting !== sitting,
        wait: (ms) => this.pause(ms),
      });
      if (core(() => browser.waits()) === 0) await dropLetter(store.name);
      // Letters of stores set aside have no other way to the office.
      void this.after(send(() => now().clock));
      this.say({ event: "sync", state: { kind: "finished", at: now().clock, outcome } });
      // Also what no counter counts: a round, a report opened, a change released, a village granted.
      this.say({ event: "changed" });
      return outcome;
    } catch (error) {
      const refusal: CoreError = isCoreError(error) ? error : { code: "core_failed" };
      // One that was ended has been told as such; another may be under way.
      if (this.sitting === sitting) {
        this.say({ event: "sync", state: { kind: "failed", at: now().clock, error: refusal } });
      }
      throw error;
    }
  }

  /** Makes the list's rows anew, a few at a time: whoever writes a field meanwhile waits for a few rows at most. */
  private async tidy(): Promise<number> {
    let all = 0;
    while (this.open) {
      const made = core(() => this.opened().refresh(ROWS_AT_ONCE, JSON.stringify(now())));
      all += made;
      if (made < ROWS_AT_ONCE) break;
      await new Promise((next) => setTimeout(next));
    }
    return all;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        resolve();
      }
      this.hurry = done;
    });
  }

  /** For work that goes on by itself: its failure is told by events, not here. */
  private async after(work: Promise<unknown>): Promise<void> {
    await work.catch(() => undefined);
    await this.tellOutbox().catch(() => undefined);
  }
}

