/** The page's end of the core: starts the Worker, pairs answers with calls, and says when there is no core. */

import type { Calls, Core, CoreError, CoreEvent, Method, Phase } from "./api";
import { wakeToSend } from "./background";
import type { FromWorker, ToWorker } from "./worker";

interface Waiting {
  resolve: (result: never) => void;
  reject: (error: CoreError) => void;
}

/** Remembered outside the store: if the store is gone and this is not, the system has cleared it. */
const ENROLLED = "sothon.enrolled";

/** What this browser lacks; empty: nothing. */
function missing(): (Phase & { phase: "unsupported" })["missing"] {
  const lacks: (Phase & { phase: "unsupported" })["missing"] = [];
  if (!globalThis.isSecureContext) lacks.push("secure");
  if (typeof Worker === "undefined") lacks.push("worker");
  if (typeof WebAssembly === "undefined") lacks.push("wasm");
  if (typeof navigator.locks === "undefined") lacks.push("locks");
  if (typeof crypto?.subtle === "undefined") lacks.push("crypto");
  const opfs = typeof navigator.storage?.getDirectory === "function" && typeof FileSystemFileHandle === "function";
  if (!opfs) lacks.push("opfs");
  return lacks;
}

class WorkerCore implements Core {
  private worker: Worker | null = null;
  private waiting = new Map<number, Waiting>();
  private listeners = new Set<(event: CoreEvent) => void>();
  private next = 1;

  async call<M extends Method>(method: M, args: Calls[M]["args"]): Promise<Calls[M]["result"]> {
    const lacks = missing();
    if (lacks.length > 0) {
      const phase: Phase = { phase: "unsupported", missing: lacks };
      if (method === "start") return phase as Calls[M]["result"];
      throw { code: "unsupported" } satisfies CoreError;
    }
    if (method === "start" || method === "take_over") return (await this.begin(method)) as Calls[M]["result"];
    const result = await this.ask(method, args);
    if (method === "enrol" || method === "restore_backup" || method === "unlock") localStorage.setItem(ENROLLED, "1");
    return result;
  }

  listen(listener: (event: CoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async begin(method: "start" | "take_over"): Promise<Phase> {
    try {
      const phase = await this.ask(method, {});
      if (phase.phase === "new" && phase.kept.length === 0 && localStorage.getItem(ENROLLED) === "1") {
        return { ...phase, lost: true };
      }
      return phase;
    } catch (error) {
      return { phase: "broken", code: (error as CoreError).code };
    }
  }

  private ask<M extends Method>(method: M, args: Calls[M]["args"]): Promise<Calls[M]["result"]> {
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.tell({ kind: "call", id, method, args });
    });
  }

  private tell(message: ToWorker): void {
    this.worker ??= this.hire();
    this.worker.postMessage(message);
  }

  private hire(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "sothon" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.dismiss("worker_failed");
    };
    return worker;
  }

  private hear(message: FromWorker): void {
    if (message.kind === "event") {
      // The Worker has closed itself, and with it the store.
      if (message.event.event === "elsewhere") this.dismiss("elsewhere");
      for (const listener of this.listeners) listener(message.event);
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.kind === "answer") waiting?.resolve(message.result as never);
    else {
      waiting?.reject(message.error);
      // After a fault the module's memory can't be trusted; the store on the disk can.
      if (message.error.code === "core_failed") this.dismiss("core_failed");
    }
  }

  private dismiss(code: string): void {
    this.worker?.terminate();
    this.worker = null;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject({ code });
    if (code === "core_failed") for (const listener of this.listeners) listener({ event: "locked" });
  }

  /** Starts the Worker before it is needed. */
  warm(): void {
    if (missing().length === 0) this.worker ??= this.hire();
  }

  /** The page is going out of sight. */
  hidden(): void {
    if (this.worker) this.tell({ kind: "hidden" });
  }
}

/** The core of this page. */
export function connect(): Core {
  const core = new WorkerCore();
  core.warm();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") core.hidden();
  });
  core.listen((event) => {
    if (event.event === "outbox" && event.outbox.sealed_at !== null && event.outbox.delivered_at === null) void wakeToSend();
  });
  return core;
}
