/**
 * The pages' side of the core: the phase it is in, what it says unasked, and what every page shows of it.
 *
 * Enters: calls of pages, events of the core. Leaves: signals. Nothing here decides about records.
 */
import { computed, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Calls, Core, CoreError, Definitions, Home, Method, Phase, SyncState } from "../core/api";
import { flushPending } from "./pending";

export type Session = ReturnType<typeof createSession>;

export function createSession(core: Core) {
  /** null: the core is starting. */
  const phase = signal<Phase | null>(null);
  const sync = signal<SyncState>({ kind: "idle" });
  /** Grows whenever something in the store changed. */
  const revision = signal(0);
  const home = signal<Home | null>(null);
  /** Several syncs in one: a running one is joined by the core, and its failure is told by its event. */
  const syncing = computed(() => sync.value.kind === "running" || sync.value.kind === "waiting");
  let definitions: Promise<Definitions> | null = null;

  core.listen((event) => {
    switch (event.event) {
      case "sync":
        sync.value = event.state;
        // When it was, and whether both ends agree.
        if (event.state.kind === "finished") void loadHome();
        break;
      case "changed":
        revision.value += 1;
        void loadHome();
        break;
      case "locked":
        void restart();
        break;
      case "elsewhere":
        phase.value = { phase: "elsewhere" };
        break;
      case "outbox":
        if (phase.value?.phase === "locked") phase.value = { ...phase.value, outbox: event.outbox };
        break;
    }
  });

  async function enter(next: Phase): Promise<void> {
    if (next.phase !== "open") home.value = null;
    // The page asks for its own part while the core counts: both are wanted at once.
    phase.value = next;
    if (next.phase !== "open") return;
    await loadHome();
    // Without its first page the sổ is not open, whatever the core believes.
    if (home.value === null && phase.value === next) phase.value = { phase: "broken", code: unread };
  }

  async function restart(): Promise<void> {
    try {
      await enter(await core.call("start", {}));
    } catch (error) {
      phase.value = { phase: "broken", code: asCoreError(error).code };
    }
  }

  /** Many changes in a row make two askings at most: the one under way, and one after it. */
  let loading: Promise<void> | null = null;
  let stale = false;
  /** Why the home page could not be had. */
  let unread = "fault";
  function loadHome(): Promise<void> {
    stale = true;
    loading ??= (async () => {
      while (stale) {
        stale = false;
        try {
          home.value = await core.call("home", {});
        } catch (error) {
          // What was known before stays; a page that asks for itself tells what is wrong.
          unread = asCoreError(error).code;
        }
      }
    })().finally(() => (loading = null));
    return loading;
  }

  return {
    core,
    phase,
    sync,
    syncing,
    revision,
    home,
    enter,
    restart,
    /** Begins a sync and forgets it: its course and its end are shown wherever `sync` is. */
    beginSync(): void {
      if (phase.value?.phase !== "open") return;
      core.call("sync", {}).catch(() => undefined);
    },
    async lock(): Promise<void> {
      if (phase.value?.phase !== "open") return;
      await flushPending();
      try {
        await enter(await core.call("lock", {}));
      } catch {
        // A core that can't lock is no longer there; a new one begins locked.
        await restart();
      }
    },
    /** The definitions of forms: the same as long as the app runs. */
    definitions(): Promise<Definitions> {
      definitions ??= core.call("definitions", {}).catch((error: unknown) => {
        definitions = null;
        throw error;
      });
      return definitions;
    },
  };
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session above this component");
  return session;
}

export function useCore(): { call<M extends Method>(method: M, args: Calls[M]["args"]): Promise<Calls[M]["result"]> } {
  return useSession().core;
}

/** What a call rejected with. A fault of our own has a code too, so that every failure can be told. */
export function asCoreError(error: unknown): CoreError {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    return error as CoreError;
  }
  return { code: "fault" };
}
