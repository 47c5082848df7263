/** What stands in a record, in words: fields by their definitions, people by their names. */
import type { CatalogueEntry, Container, Definitions, Entity, EntityKey, FieldDefinition, FieldState, Household, Value } from "../core/api";
import { language, labelOf, t } from "../text";
import { dateText } from "../text/format";
import { age } from "../visit/dates";

/** Definitions of a container's fields, as many as are named, in the order named. */
export function fieldsOf(definitions: Definitions, container: Container, names: readonly string[]): FieldDefinition[] {
  const fields = definitions.entities.find((entity) => entity.container === container)?.fields ?? [];
  return names.flatMap((name) => fields.find((field) => field.name === name) ?? []);
}

export function fieldOf(definitions: Definitions, container: Container, name: string): FieldDefinition | undefined {
  return fieldsOf(definitions, container, [name])[0];
}

export function entryOf(definitions: Definitions, catalogue: string, code: Value | undefined): CatalogueEntry | undefined {
  return definitions.catalogues[catalogue]?.entries.find((entry) => entry.code === code);
}

/** A catalogue's everyday word, where there is one, or its label. */
export function plainOf(entry: CatalogueEntry): string {
  return language.value === "vi" && entry.plain ? entry.plain : labelOf(entry);
}

/** A value as it is read; null where there is none. */
export function valueText(value: Value | undefined, definition: FieldDefinition | undefined, definitions: Definitions, household?: Household): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  const text = String(value);
  switch (definition?.type) {
    case "code": {
      const entry = definition.catalogue ? entryOf(definitions, definition.catalogue, value) : undefined;
      return entry ? plainOf(entry) : text;
    }
    case "date":
    case "day":
      return dateText(text);
    case "entity":
      return household ? nameOf(personOf(household, text)) : text;
    default:
      return text;
  }
}

/** Every value that stands in a field, the one shown first at the front; an empty one is one too. */
export function standing(field: FieldState | undefined): Value[] {
  return field ? [field.value, ...(field.others ?? [])] : [];
}

export function isDisputed(field: FieldState | undefined): boolean {
  return (field?.others?.length ?? 0) > 0;
}

export function personOf(household: Household, id: EntityKey | Value | undefined): Entity | undefined {
  return [...household.children, ...household.members].find((person) => person.id === id);
}

export function nameOf(person: Entity | undefined): string {
  const name = person?.fields["name"]?.value;
  return typeof name === "string" && name.trim() !== "" ? name : t("record.unnamed");
}

export function textOfField(entity: Entity | undefined, name: string): string {
  const value = entity?.fields[name]?.value;
  return typeof value === "string" ? value : "";
}

export function ageText(person: Entity, today: string): string {
  const { key, n } = age(person.fields["birth_date"]?.value, today);
  return t(`record.age.${key}`, { n });
}

export function headOf(household: Household): string {
  const [head, number] = ["head_name", "number"].map((name) => valueOr(household.household[name]?.value));
  return head || (number ? t("record.household_number", { number }) : t("record.household_new"));
}

function valueOr(value: Value | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

/** What an object is called: a person's name, or whose it is; nothing for the household itself. */
export function entityName(household: Household, definitions: Definitions, container: Container, id: EntityKey | null): string {
  if (id === null || container === "household") return "";
  if (container === "children" || container === "members") return nameOf(personOf(household, id));
  const entity = household[container].find((entity) => entity.id === id);
  const whose = entity?.fields["person"] ? nameOf(personOf(household, entity.fields["person"].value)) : "";
  const kind = definitions.entities.find((entity) => entity.container === container);
  const what = ["code", "form", "kind"].flatMap((name) => {
    const definition = fieldOf(definitions, container, name);
    return definition ? (valueText(entity?.fields[name]?.value, definition, definitions) ?? []) : [];
  })[0];
  return [whose, what ?? (kind ? labelOf(kind) : "")].filter(Boolean).join(" · ");
}
