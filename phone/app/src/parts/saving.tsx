/**
 * Writing a field while it is typed: after a short rest, at once when it is left, when the app hides or locks.
 * What could not be written stays in the field and is said.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CoreError } from "../core/api";
import { addPending } from "../app/pending";
import { asCoreError } from "../app/session";
import { errorText, t } from "../text";
import { announce } from "./announce";
import { Icon } from "./icons";
import { Button, Failure } from "./layout";

const REST_MS = 400;

export type Save<T> = (value: T) => Promise<void> | void;

export type SavingState =
  | { kind: "idle" }
  | { kind: "saving" }
  | { kind: "saved" }
  /** What was typed is held, and written again by `retry`, when the field is left, or when the app hides or locks. */
  | { kind: "failed"; error: CoreError; retry: () => void };

export function useSaving<T>(save: Save<T>) {
  const [state, setState] = useState<SavingState>({ kind: "idle" });
  const latest = useRef(save);
  latest.current = save;
  const held = useRef<{ value: T } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const chain = useRef<Promise<void>>(Promise.resolve());
  const mounted = useRef(true);
  const remove = useRef<() => void>(() => undefined);

  function flush(): Promise<void> {
    clearTimeout(timer.current);
    const value = held.current;
    held.current = null;
    remove.current();
    if (!value) return chain.current;
    // One after another, so that an older value never overtakes a newer one.
    chain.current = chain.current.then(async () => {
      try {
        const writing = latest.current(value.value);
        // What is not written anywhere is not called saved either.
        if (!(writing instanceof Promise)) return;
        if (mounted.current) setState({ kind: "saving" });
        await writing;
        if (mounted.current) setState({ kind: "saved" });
      } catch (failure) {
        if (held.current === null) {
          held.current = value;
          remove.current = addPending(flush);
        }
        const error = asCoreError(failure);
        // Its field is not on the screen any more: it is said where everything is, and tried again later.
        if (!mounted.current) announce(Object.values(errorText(error)).join(" "), { tone: "bad" });
        else setState({ kind: "failed", error, retry: () => void flush() });
      }
    });
    return chain.current;
  }

  /** "Saved" was of what stood here before. */
  function unsay(): void {
    setState((before) => (before.kind === "saved" ? { kind: "idle" } : before));
  }

  useEffect(
    () => () => {
      mounted.current = false;
      void flush();
    },
    [],
  );

  return {
    state,
    /** Whether something typed is not written yet. */
    isHeld: () => held.current !== null,
    /** Writes a little later, unless something else is typed. */
    soon(value: T): void {
      held.current = { value };
      remove.current = addPending(flush);
      clearTimeout(timer.current);
      unsay();
      timer.current = setTimeout(() => void flush(), REST_MS);
    },
    now(value: T): Promise<void> {
      held.current = { value };
      return flush();
    },
    flush,
    /** What is typed is not to be written after all. */
    drop(): void {
      clearTimeout(timer.current);
      held.current = null;
      remove.current();
      unsay();
    },
  };
}

export function SavingMark({ state }: { state: SavingState }) {
  return (
    <>
      <p class="saving" role="status">
        {state.kind === "saved" && (
          <>
            <Icon name="check" />
            {t("field.saved")}
          </>
        )}
        {state.kind === "saving" && t("field.saving")}
      </p>
      {state.kind === "failed" && (
        <Failure error={state.error}>
          <Button onClick={state.retry}>{t("try_again")}</Button>
        </Failure>
      )}
    </>
  );
}
