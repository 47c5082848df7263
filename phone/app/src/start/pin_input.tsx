/**
 * A PIN: by the big keys on the page, by a keyboard of any kind, or as a longer word. What is typed is never
 * shown unless asked for, and never kept by the browser.
 */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../text";
import { Button } from "../parts/layout";
import { Icon } from "../parts/icons";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

export function PinInput(props: {
  label: string;
  hint?: string;
  value: string;
  onChange: (pin: string) => void;
  disabled?: boolean;
  /** Big keys under it. */
  keys?: boolean;
  wrong?: string | null;
  autoFocus?: boolean;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState(false);
  const [words, setWords] = useState(false);
  const keys = props.keys === true && !words;
  // With the big keys the phone's own keyboard stays away; a keyboard that is plugged in works.
  const mode = keys ? "none" : words ? "text" : "numeric";

  useEffect(() => {
    if (props.autoFocus) input.current?.focus();
  }, []);

  return (
    <div class="field">
      <label class="field-label" for={id}>{props.label}</label>
      {props.hint && <p class="hint" id={`${id}-hint`}>{props.hint}</p>}
      <div class="pin">
        <input
          ref={input}
          id={id}
          class="input"
          type={(shown ? "text" : "password") as "password"}
          inputMode={mode}
          autoComplete="off"
          autoCapitalize="none"
          spellcheck={false}
          maxLength={64}
          value={props.value}
          readOnly={props.disabled}
          aria-describedby={`${id}-hint ${id}-wrong`}
          aria-invalid={props.wrong ? "true" : undefined}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
        <button type="button" class="button pin-show" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {t("pin.show")}
        </button>
      </div>
      {props.wrong && <p class="wrong" id={`${id}-wrong`} role="alert">{props.wrong}</p>}
      {keys && (
        <div class="keypad" role="group" aria-label={t("pin.keys")}>
          {DIGITS.map((digit) => (
            <button key={digit} type="button" disabled={props.disabled} onClick={() => props.onChange(props.value + digit)}>{digit}</button>
          ))}
          <button type="button" class="keypad-word" onClick={() => { setWords(true); input.current?.focus(); }}>{t("pin.words")}</button>
          <button type="button" disabled={props.disabled} onClick={() => props.onChange(`${props.value}0`)}>0</button>
          <button type="button" disabled={props.disabled} aria-label={t("pin.erase")} onClick={() => props.onChange(props.value.slice(0, -1))}>
            <Icon name="erase" />
          </button>
        </div>
      )}
      {!keys && (
        <div class="field-tools">
          <Button kind="quiet" onClick={() => setWords(!words)}>{words ? t("pin.digits") : t("pin.words_long")}</Button>
        </div>
      )}
    </div>
  );
}
