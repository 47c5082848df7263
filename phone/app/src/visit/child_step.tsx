/** Step two, child by child: what is known stands there as text; nothing has to be touched that has not changed. */
import type { Entity } from "../core/api";
import { t } from "../text";
import { PersonBadges } from "../village/person";
import { textOfField } from "../village/record";
import { FieldGroup } from "./field_group";
import { useWriting } from "./writing";

const IDENTITY = ["name", "birth_date", "sex", "ethnicity", "identity_number", "relation_to_head"];
const PAPERS = ["birth_registration", "birth_registration_number", "health_insurance", "health_insurance_number", "health_insurance_used"];
const PARENTS = [
  "father_name", "father_status", "father_birth_year", "father_occupation", "mother_name", "mother_status", "mother_birth_year",
  "mother_occupation", "carer_name", "carer_relation", "carer_birth_year", "carer_occupation",
];
const OTHER = ["specific_address", "phone", "note"];
/** There is a school and a class to name. */
const IN_SCHOOL = ["preschool", "primary", "lower_secondary", "upper_secondary", "vocational"];
/** There may be work to name. */
const MAY_WORK = ["dropped_out", "never", "completed", "vocational"];

export function ChildStep({ child }: { child: Entity }) {
  const { household } = useWriting();
  const stage = textOfField(child, "schooling");
  const schooling = [
    "schooling",
    ...(stage === "" || IN_SCHOOL.includes(stage) || textOfField(child, "school") ? ["school", "class"] : []),
    ...(MAY_WORK.includes(stage) || textOfField(child, "occupation") ? ["occupation"] : []),
  ];
  const shared = { container: "children" as const, id: child.id };
  // A group is one child's: another child's groups are closed again.
  return (
    <div class="stack" key={child.id}>
      <PersonBadges {...{ household, person: child }} />
      <FieldGroup {...shared} title={t("visit.group.identity")} names={IDENTITY} />
      <FieldGroup {...shared} title={t("visit.group.papers")} names={PAPERS} />
      <FieldGroup {...shared} title={t("visit.group.schooling")} names={schooling} />
      <FieldGroup {...shared} title={t("visit.group.parents")} names={PARENTS} />
      <FieldGroup {...shared} title={t("visit.group.other")} names={OTHER} />
    </div>
  );
}
