/** Synthetic households for trying and testing the pages. No real person; every address says so. */
import type { CatalogueEntry, Definitions, Entity, FieldState, Household, QuestionGroup, Value } from "./api";

const FAMILY = ["Nguyễn", "Trần", "Lê", "Hoàng", "Nông", "Lý", "Đặng", "Bàn"];
const MIDDLE = ["Văn", "Thị", "Đức", "Thu", "Minh", "Ngọc"];
const GIVEN = ["Giả", "Mẫu", "Thử", "Ví", "Dụ", "Lập", "Tạm", "Phỏng"];
const HAMLETS = ["Xóm Trên", "Xóm Giữa", "Xóm Suối", "Xóm Đèo"];

export const VILLAGE = { code: "01", name: "Thôn Giả Lập" };
export const HOUSEHOLDS = 40;
export const TODAY = "2026-11-23";

/** The same numbers every time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

let keys = 0;
export function newKey(): string {
  keys += 1;
  return `k${String(keys).padStart(12, "0")}`;
}

export function field(value: Value, others?: Value[]): FieldState {
  return others ? { value, others } : { value };
}

function entity(fields: Record<string, Value>): Entity {
  return { id: newKey(), fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, field(value)])) };
}

export function emptyHousehold(document: string | null): Household {
  return {
    document, village: VILLAGE, household: {}, members: [], children: [], circumstances: [], supports: [], events: [],
    visits: [], links: [], sealed: [], people: [], issues: [], decisions: [], waiting: { unsent: 0, refused: 0 }, draft: null,
  };
}

export function fakeHouseholds(count: number): Household[] {
  return Array.from({ length: count }, (_, index) => fakeHousehold(index));
}

function fakeHousehold(index: number): Household {
  const random = randomFrom(index + 7);
  const pick = <T>(from: T[]): T => from[random(from.length)] as T;
  const family = pick(FAMILY);
  const name = () => `${family} ${pick(MIDDLE)} ${pick(GIVEN)}`;
  const household = emptyHousehold(index.toString(16).padStart(32, "0"));
  const head = name();
  household.household = {
    number: field(String(index + 1)),
    head_name: field(head),
    hamlet: field(HAMLETS[index % HAMLETS.length] as string),
    address: field(`Nhà số ${index + 1} (dữ liệu giả)`),
    phone: field(random(3) === 0 ? null : `0900000${String(index).padStart(3, "0")}`),
    poverty_status: field(pick(["poor", "near_poor", null, null])),
  };
  household.members.push(
    entity({ name: head, birth_date: `${1965 + random(30)}`, sex: "male", relation_to_head: "head", ethnicity: "tay" }),
    entity({ name: name(), birth_date: `${1970 + random(28)}-0${1 + random(9)}`, sex: "female", relation_to_head: "spouse", ethnicity: "tay" }),
  );
  for (let child = random(4); child > 0; child -= 1) {
    household.children.push(
      entity({
        name: name(),
        birth_date: `${2010 + random(16)}-0${1 + random(9)}-1${random(10)}`,
        sex: pick(["male", "female"]),
        ethnicity: "tay",
        relation_to_head: pick(["child", "grandchild"]),
        birth_registration: pick(["registered", "registered", null]),
        schooling: pick(["primary", "kindergarten", null]),
        health_insurance: pick([true, true, null]),
        father_name: head,
      }),
    );
  }
  const first = household.children[0];
  if (first && index % 5 === 0) {
    household.circumstances.push(entity({ person: first.id, code: "II.4.2", start: "2021", note: null }));
    household.supports.push(entity({ person: first.id, form: "cash", start: "2024-01" }));
  }
  if (first && index % 9 === 0) {
    const birth = first.fields["birth_date"];
    if (birth) birth.others = ["2014-03-05"];
    household.issues.push({
      code: "undecided", severity: "undecided", container: "children", id: first.id, field: "birth_date",
      vi: "Hai người ghi ngày sinh khác nhau.", en: "Two people wrote different dates of birth.",
    });
  }
  if (first && index % 4 === 1) {
    household.issues.push({
      code: "birth_registration_missing", severity: "missing", container: "children", id: first.id,
      field: "birth_registration", vi: "Chưa rõ trẻ đã đăng ký khai sinh chưa.", en: "Birth registration not known.",
    });
  }
  if (index % 3 === 0) household.visits.push(entity({ date: "2026-11-12", result: "met", round: "2026-2" }));
  if (index % 11 === 5) household.sealed.push({ id: newKey(), at: 1_791_770_000, mine: true, state: "arrived" });
  household.people = people(household);
  return household;
}

/** What the real core derives; here only well enough to be looked at. */
export function people(household: Household): Household["people"] {
  return (["members", "children"] as const).flatMap((container) =>
    household[container].map((person) => {
      const birth = person.fields["birth_date"]?.value;
      const age = typeof birth === "string" ? 2026 - Number(birth.slice(0, 4)) : null;
      return {
        id: person.id, container, age, present: true,
        sixteen: container === "children" && age !== null && age >= 16 ? ("due" as const) : ("no" as const),
      };
    }),
  );
}

export function fakeDefinitions(): Definitions {
  const record = import.meta.glob<{ entities: Definitions["entities"] }>("../../../../schemas/records/household.1.json", { eager: true, import: "default" });
  const catalogues = import.meta.glob<{ catalogue: string; title: string; title_en: string; entries: CatalogueEntry[] }>(
    "../../../../schemas/catalogues/*.json", { eager: true, import: "default" });
  const questions = import.meta.glob<{ groups: QuestionGroup[] }>("../../../../schemas/records/circumstance_questions.json", { eager: true, import: "default" });
  return {
    entities: Object.values(record)[0]?.entities ?? [],
    catalogues: Object.fromEntries(Object.values(catalogues).map((found) => [found.catalogue, found])),
    questions: Object.values(questions)[0]?.groups ?? [
      {
        code: "II.4", plain: "Trẻ khuyết tật", plain_en: "Child with a disability",
        questions: [{
          id: "level", ask: "Giấy xác nhận khuyết tật ghi mức nào?", ask_en: "Which level does the certificate say?",
          answers: [
            { plain: "Đặc biệt nặng", plain_en: "Extremely severe", codes: ["II.4.1"] },
            { plain: "Nặng", plain_en: "Severe", codes: ["II.4.2"] },
            { plain: "Chưa có giấy", plain_en: "No certificate yet", codes: ["II.4"] },
          ],
        }],
      },
    ],
  };
}
