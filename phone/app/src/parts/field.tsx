/** The editor that fits a field's definition: text, a choice, a date, a number, or yes and no. */
import type { ComponentChildren } from "preact";
import { useDefinitions } from "../app/call";
import type { CatalogueEntry, FieldDefinition, Value } from "../core/api";
import { labelOf, t } from "../text";
import { Choice, Segments, type Option } from "./choice";
import { DateField } from "./date_field";
import { TextField } from "./text_field";

export interface FieldEditorProps {
  definition: FieldDefinition;
  value: Value;
  /** Writes the value, durably; null takes it back to "not known". */
  onSave: (value: Value) => Promise<void> | void;
  /** In place of the definition's own label. */
  label?: string;
  hint?: ComponentChildren;
  /** In place of the catalogue's own entries. */
  options?: Option[];
  /** For dates. */
  latest?: string;
  today?: string;
  lines?: number;
  /** Under the editor: what others wrote, what was known last time. */
  children?: ComponentChildren;
}

/** Longer texts get several lines. */
const LINE_CHARS_MAX = 250;

export function FieldEditor(props: FieldEditorProps) {
  const { definition, value, onSave, hint, children } = props;
  const definitions = useDefinitions();
  const label = props.label ?? labelOf(definition);
  const text = value === null ? "" : String(value);

  switch (definition.type) {
    case "text":
    case "entity":
    case "document":
      return (
        <TextField
          label={label}
          hint={hint}
          value={text}
          max={definition.max_chars}
          lines={props.lines ?? ((definition.max_chars ?? 0) > LINE_CHARS_MAX ? 4 : 1)}
          inputMode={definition.format === "phone" ? "tel" : definition.format === "identity_number" ? "numeric" : undefined}
          onSave={(typed) => onSave(typed.trim() === "" ? null : typed.trim())}
        >
          {children}
        </TextField>
      );
    case "int":
      return (
        <TextField
          label={label}
          hint={hint}
          value={text}
          max={9}
          inputMode="numeric"
          check={(typed) => checkInt(typed, definition)}
          onSave={(typed) => onSave(typed.trim() === "" ? null : Number(typed))}
        >
          {children}
        </TextField>
      );
    case "date":
    case "day":
      return (
        <DateField
          label={label}
          hint={hint}
          value={value === null ? null : text}
          whole={definition.type === "day"}
          latest={props.latest}
          today={props.today}
          onSave={onSave}
        >
          {children}
        </DateField>
      );
    case "bool":
      return (
        <Segments
          label={label}
          hint={hint}
          value={value === true ? "yes" : value === false ? "no" : "unknown"}
          options={[
            { value: "yes", label: t("yes") },
            { value: "no", label: t("no") },
            { value: "unknown", label: t("unknown") },
          ]}
          onSave={(chosen) => onSave(chosen === "yes" ? true : chosen === "no" ? false : null)}
        >
          {children}
        </Segments>
      );
    case "code": {
      const entries = definition.catalogue ? definitions?.catalogues[definition.catalogue]?.entries : undefined;
      const options = props.options ?? (entries ?? []).map(optionOf);
      return (
        <Choice label={label} hint={hint} options={options} value={value === null ? null : text} clearable onSave={onSave}>
          {children}
        </Choice>
      );
    }
    // Several codes are in sealed reports only, which have a form of their own.
    case "codes":
      return null;
  }
}

/** Anything with a label above it that is not one of the editors. */
export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <p class="field-label">{label}</p>
      {hint && <p class="hint">{hint}</p>}
      {children}
    </div>
  );
}

export function optionOf(entry: CatalogueEntry): Option {
  return { value: entry.code, label: labelOf(entry) };
}

function checkInt(typed: string, definition: FieldDefinition): string | null {
  const text = typed.trim();
  if (text === "") return null;
  const number = Number(text);
  const { min = 0, max = 999_999_999 } = definition;
  return /^\d+$/.test(text) && number >= min && number <= max ? null : t("int.range", { min: String(min), max: String(max) });
}
