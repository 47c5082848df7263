/** Calls of the core as components use them. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Calls, CoreError, Definitions, Method } from "../core/api";
import { asCoreError, useSession } from "./session";

export interface Called<T> {
  /** The last answer; kept while a newer one is under way. */
  data: T | null;
  error: CoreError | null;
  loading: boolean;
  reload: () => void;
}

/** The answer to a call, asked again whenever the store changed. `args` null: not asked yet. */
export function useCall<M extends Method>(method: M, args: Calls[M]["args"] | null): Called<Calls[M]["result"]> {
  const session = useSession();
  const [state, setState] = useState<Omit<Called<Calls[M]["result"]>, "reload">>({ data: null, error: null, loading: true });
  const [again, setAgain] = useState(0);
  const key = args === null ? null : JSON.stringify(args);
  const asked = useRef<string | null>(null);
  const revision = session.revision.value;

  useEffect(() => {
    if (args === null) return;
    let current = true;
    const same = asked.current === key;
    asked.current = key;
    setState((before) => ({ data: same ? before.data : null, error: null, loading: true }));
    session.core.call(method, args).then(
      (data) => current && setState({ data, error: null, loading: false }),
      (error: unknown) =>
        current && setState((before) => ({ data: before.data, error: asCoreError(error), loading: false })),
    );
    return () => {
      current = false;
    };
  }, [session, method, key, revision, again]);

  return { ...state, reload: () => setAgain((n) => n + 1) };
}

/** The definitions of forms and catalogues; null until they are there, which is at once after the first time. */
export function useDefinitions(): Definitions | null {
  const session = useSession();
  const [definitions, setDefinitions] = useState<Definitions | null>(null);
  useEffect(() => {
    let current = true;
    session.definitions().then(
      (found) => current && setDefinitions(found),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [session]);
  return definitions;
}

/** Something the user started: whether it runs, how it failed, and never twice at once. */
export function useAction<A extends unknown[]>(action: (...args: A) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CoreError | null>(null);
  const running = useRef(false);
  async function run(...args: A): Promise<void> {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await action(...args);
    } catch (failure) {
      setError(asCoreError(failure));
    } finally {
      running.current = false;
      setBusy(false);
    }
  }
  return { run, busy, error, clear: () => setError(null) };
}
