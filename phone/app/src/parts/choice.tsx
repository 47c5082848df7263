/** Choosing from what a catalogue offers: a few as big lines, many by searching. */
import { useEffect, useId, useMemo, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { t } from "../text";
import { Dialog } from "./dialog";
import { Icon } from "./icons";
import { Button } from "./layout";
import { SavingMark, useSaving, type Save } from "./saving";

export interface Option<V extends string = string> {
  value: V;
  label: string;
  /** In smaller letters under it. */
  detail?: string;
}

/** More than these are searched instead of listed. */
const LISTED_MAX = 7;

interface ChoiceProps<V extends string> {
  label: string;
  hint?: ComponentChildren;
  options: Option<V>[];
  value: V | null;
  onSave: Save<V | null>;
  /** Whether the answer may be taken back to "not known". */
  clearable?: boolean;
  children?: ComponentChildren;
}

/** What was chosen shows at once; should it not be written, what is recorded shows again. */
function useChosen<T>(recorded: T, save: Save<T>) {
  const saving = useSaving(save);
  const [chosen, setChosen] = useState<{ value: T } | null>(null);
  useEffect(() => setChosen(null), [JSON.stringify(recorded)]);
  return {
    shown: chosen && saving.state.kind !== "failed" ? chosen.value : recorded,
    state: saving.state,
    choose(value: T): void {
      setChosen({ value });
      void saving.now(value);
    },
  };
}

export function Choice<V extends string>(props: ChoiceProps<V>) {
  return props.options.length > LISTED_MAX ? <SearchedChoice {...props} /> : <RadioList {...props} />;
}

export function RadioList<V extends string>(props: ChoiceProps<V>) {
  const id = useId();
  const saving = useChosen(props.value, props.onSave);
  return (
    <fieldset class="field" aria-describedby={`${id}-hint`}>
      <legend class="field-label">{props.label}</legend>
      {props.hint && <div class="hint" id={`${id}-hint`}>{props.hint}</div>}
      <div class="options">
        {props.options.map((option) => (
          <label key={option.value} class="option">
            <input
              type="radio"
              name={id}
              checked={saving.shown === option.value}
              onChange={() => saving.choose(option.value)}
            />
            <OptionText option={option} />
          </label>
        ))}
      </div>
      {props.clearable && saving.shown !== null && <Clear onClick={() => saving.choose(null)} />}
      <SavingMark state={saving.state} />
      {props.children}
    </fieldset>
  );
}

function SearchedChoice<V extends string>(props: ChoiceProps<V>) {
  const id = useId();
  const saving = useSaving(props.onSave);
  const [open, setOpen] = useState(false);
  const [sought, setSought] = useState("");
  const chosen = props.options.find((option) => option.value === props.value);
  const found = useMemo(() => {
    const words = fold(sought).split(" ").filter(Boolean);
    return props.options.filter((option) => {
      const text = fold(`${option.label} ${option.detail ?? ""}`);
      return words.every((word) => text.includes(word));
    });
  }, [sought, props.options]);

  function choose(value: V): void {
    setOpen(false);
    void saving.now(value);
  }

  return (
    <div class="field">
      <span class="field-label" id={`${id}-label`}>{props.label}</span>
      {props.hint && <div class="hint" id={`${id}-hint`}>{props.hint}</div>}
      <button
        type="button"
        class="input select"
        aria-haspopup="dialog"
        aria-labelledby={`${id}-label ${id}-value`}
        aria-describedby={`${id}-hint`}
        onClick={() => {
          setSought("");
          setOpen(true);
        }}
      >
        <span id={`${id}-value`} class={chosen ? "" : "unset"}>{chosen?.label ?? props.value ?? t("field.choose")}</span>
        <Icon name="forward" />
      </button>
      {props.clearable && props.value !== null && <Clear onClick={() => void saving.now(null)} />}
      <SavingMark state={saving.state} />
      {props.children}
      <Dialog open={open} tall title={props.label} onClose={() => setOpen(false)} actions={<Button onClick={() => setOpen(false)}>{t("cancel")}</Button>}>
        <label class="search">
          <Icon name="search" />
          <input class="input" type="search" value={sought} aria-label={t("field.search")} placeholder={t("field.search")} onInput={(event) => setSought(event.currentTarget.value)} />
        </label>
        <p class="spoken" role="status">{t("field.found", { n: found.length })}</p>
        {found.length === 0 && <p class="hint">{t("field.none_found")}</p>}
        <div class="options">
          {found.map((option) => (
            <button key={option.value} type="button" class="option" aria-pressed={option.value === props.value} onClick={() => choose(option.value)}>
              <OptionText option={option} />
              {option.value === props.value && <Icon name="check" />}
            </button>
          ))}
        </div>
      </Dialog>
    </div>
  );
}

/** Any number of a list. */
export function CheckList<V extends string>(props: {
  label: string;
  hint?: ComponentChildren;
  options: Option<V>[];
  values: V[];
  onSave: Save<V[]>;
}) {
  const id = useId();
  const saving = useChosen(props.values, props.onSave);
  return (
    <fieldset class="field" aria-describedby={`${id}-hint`}>
      <legend class="field-label">{props.label}</legend>
      {props.hint && <div class="hint" id={`${id}-hint`}>{props.hint}</div>}
      <div class="options">
        {props.options.map((option) => (
          <label key={option.value} class="option">
            <input
              type="checkbox"
              checked={saving.shown.includes(option.value)}
              onChange={(event) => {
                const others = saving.shown.filter((value) => value !== option.value);
                saving.choose(event.currentTarget.checked ? [...others, option.value] : others);
              }}
            />
            <OptionText option={option} />
          </label>
        ))}
      </div>
      <SavingMark state={saving.state} />
    </fieldset>
  );
}

/** Two or three short answers side by side. */
export function Segments<V extends string>(props: ChoiceProps<V>) {
  const id = useId();
  const saving = useChosen(props.value, props.onSave);
  return (
    <fieldset class="field" aria-describedby={`${id}-hint`}>
      <legend class="field-label">{props.label}</legend>
      {props.hint && <div class="hint" id={`${id}-hint`}>{props.hint}</div>}
      <div class="segments">
        {props.options.map((option) => (
          <label key={option.value} class="segment">
            <input type="radio" name={id} checked={saving.shown === option.value} onChange={() => saving.choose(option.value)} />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      <SavingMark state={saving.state} />
      {props.children}
    </fieldset>
  );
}

function OptionText({ option }: { option: Option }) {
  return (
    <span class="option-text">
      <span>{option.label}</span>
      {option.detail && <span class="option-detail">{option.detail}</span>}
    </span>
  );
}

function Clear({ onClick }: { onClick: () => void }) {
  return (
    <div class="field-tools">
      <Button kind="quiet" icon="erase" onClick={onClick}>{t("field.clear")}</Button>
    </div>
  );
}

/** For searching: without accents and case, `đ` as `d`. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "").trim();
}
