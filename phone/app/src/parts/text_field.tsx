/** A line or some lines of text; also numbers, as text that is looked at before it is written. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ComponentChildren, JSX } from "preact";
import { t } from "../text";
import { SavingMark, useSaving, type Save } from "./saving";

export interface TextFieldProps {
  label: string;
  hint?: ComponentChildren;
  value: string;
  onSave: Save<string>;
  lines?: number;
  max?: number;
  inputMode?: JSX.IntrinsicElements["input"]["inputMode"];
  autoComplete?: string;
  /** What is wrong with the text, in words; such a text is not written. */
  check?: (text: string) => string | null;
  children?: ComponentChildren;
}

export function TextField(props: TextFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState(props.value);
  const [wrong, setWrong] = useState<string | null>(null);
  const saving = useSaving(props.onSave);
  const focused = useRef(false);

  // What others write comes in, except over what is being typed.
  useEffect(() => {
    if (!focused.current && !saving.isHeld() && wrong === null) setTyped(props.value);
  }, [props.value]);

  function change(text: string): void {
    setTyped(text);
    const problem = props.check?.(text) ?? null;
    if (problem) {
      saving.drop();
      if (wrong) setWrong(problem);
      return;
    }
    setWrong(null);
    saving.soon(text);
  }

  function leave(): void {
    focused.current = false;
    setWrong(props.check?.(typed) ?? null);
    void saving.flush();
  }

  // The browser cuts what is pasted without a word.
  const isFull = !props.check && props.max !== undefined && typed.length >= props.max;
  const shared = {
    id,
    value: typed,
    maxLength: props.max,
    inputMode: props.inputMode,
    autoComplete: (props.autoComplete ?? "off") as "off",
    "aria-describedby": `${id}-hint ${id}-wrong`,
    "aria-invalid": wrong ? ("true" as const) : undefined,
    onFocus: () => (focused.current = true),
    onBlur: leave,
  };
  return (
    <div class="field">
      <label class="field-label" for={id}>{props.label}</label>
      {props.hint && <div class="hint" id={`${id}-hint`}>{props.hint}</div>}
      {props.lines && props.lines > 1 ? (
        <textarea {...shared} class="input" rows={props.lines} onInput={(event) => change(event.currentTarget.value)} />
      ) : (
        <input {...shared} class="input" type="text" onInput={(event) => change(event.currentTarget.value)} />
      )}
      {wrong && <p class="wrong" id={`${id}-wrong`} role="alert">{wrong} {t("field.unsaved")}</p>}
      {isFull && <p class="hint" role="status">{t("field.full", { max: props.max ?? 0 })}</p>}
      <SavingMark state={saving.state} />
      {props.children}
    </div>
  );
}
