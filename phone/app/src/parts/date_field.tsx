/** A date by its three parts, of which the day, or the day and the month, may be unknown. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { PartialDate } from "../core/api";
import { t } from "../text";
import { Button } from "./layout";
import { dateOf, isFull, partsOf, type DateParts, type DateProblem } from "./partial_date";
import { SavingMark, useSaving, type Save } from "./saving";

const PARTS = ["day", "month", "year"] as const;

export interface DateFieldProps {
  label: string;
  hint?: ComponentChildren;
  value: PartialDate | null;
  onSave: Save<PartialDate | null>;
  /** The whole date is needed: a year alone is not enough. */
  whole?: boolean;
  /** The last day that makes sense. */
  latest?: string;
  /** Offers this day by one touch. */
  today?: string;
  children?: ComponentChildren;
}

export function DateField(props: DateFieldProps) {
  const id = useId();
  const [parts, setParts] = useState<DateParts>(() => partsOf(props.value));
  const [wrong, setWrong] = useState<DateProblem | null>(null);
  const saving = useSaving(props.onSave);
  const group = useRef<HTMLFieldSetElement>(null);
  const limits = { whole: props.whole, latest: props.latest };

  useEffect(() => {
    const inside = group.current?.contains(document.activeElement);
    if (!inside && !saving.isHeld() && wrong === null) setParts(partsOf(props.value));
  }, [props.value]);

  function change(part: keyof DateParts, text: string): void {
    const next = { ...parts, [part]: text.replace(/\D/g, "") };
    setParts(next);
    const typed = dateOf(next, limits);
    if (typed.problem === null) {
      setWrong(null);
      if (typed.value !== props.value || saving.isHeld()) saving.soon(typed.value);
    } else {
      saving.drop();
      if (wrong) setWrong(typed.problem);
    }
    if (isFull(part, next[part]) && part !== "year") {
      const following = PARTS[PARTS.indexOf(part) + 1];
      const input = following && group.current?.querySelector<HTMLInputElement>(`[data-part=${following}]`);
      if (input && input.value === "") input.focus();
    }
  }

  /** Leaving one part for another is not leaving the date. */
  function leave(event: FocusEvent): void {
    if (event.relatedTarget instanceof Node && group.current?.contains(event.relatedTarget)) return;
    setWrong(dateOf(parts, limits).problem);
    void saving.flush();
  }

  function set(date: PartialDate | null): void {
    setParts(partsOf(date));
    setWrong(null);
    void saving.now(date);
  }

  const empty = parts.day === "" && parts.month === "" && parts.year === "";
  return (
    <fieldset class="field date" ref={group} onFocusOut={leave} aria-describedby={`${id}-hint ${id}-wrong`}>
      <legend class="field-label">{props.label}</legend>
      <div class="hint" id={`${id}-hint`}>{props.hint ?? (props.whole ? t("date.hint.whole") : t("date.hint"))}</div>
      <div class="date-parts">
        {PARTS.map((part) => (
          <label key={part} class={`date-part date-${part}`}>
            <span>{t(`date.${part}.name`)}</span>
            <input
              class="input"
              data-part={part}
              type="text"
              inputMode="numeric"
              autoComplete="off"
              maxLength={part === "year" ? 4 : 2}
              value={parts[part]}
              aria-invalid={wrong ? "true" : undefined}
              onInput={(event) => change(part, event.currentTarget.value)}
            />
          </label>
        ))}
      </div>
      {wrong && <p class="wrong" id={`${id}-wrong`} role="alert">{t(`date.${wrong}`)} {t("field.unsaved")}</p>}
      <div class="field-tools">
        {props.today !== undefined && props.value !== props.today && (
          <Button kind="quiet" icon="calendar" onClick={() => set(props.today ?? null)}>{t("date.today")}</Button>
        )}
        {!empty && <Button kind="quiet" icon="erase" onClick={() => set(null)}>{t("field.clear")}</Button>}
      </div>
      <SavingMark state={saving.state} />
      {props.children}
    </fieldset>
  );
}
