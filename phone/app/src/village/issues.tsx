/** What is missing, doubtful or contradictory, told gently; each leads to where it is mended. */
import type { Definitions, Household, Issue } from "../core/api";
import { Icon, List, Row, Section, type IconName } from "../parts";
import { labelOf, language, t } from "../text";
import { valuesPath } from "./facts";
import { entityName, fieldOf } from "./record";

type Kind = "contradiction" | "undecided" | "doubtful" | "missing";
const ICONS: Record<Kind, IconName> = { contradiction: "alert", doubtful: "info", missing: "pen", undecided: "two" };
const ORDER: Kind[] = ["contradiction", "undecided", "doubtful", "missing"];
/** As many at once as can be taken in. */
const AT_ONCE = 4;

export function IssueList({ household, definitions, issues, onChoose }: {
  household: Household;
  definitions: Definitions;
  issues: Issue[];
  /** In a visit: goes to the step. */
  onChoose?: (issue: Issue) => void;
}) {
  if (issues.length === 0) return null;
  const sorted = [...issues].sort((a, b) => ORDER.indexOf(kindOf(a)) - ORDER.indexOf(kindOf(b)));
  const row = (issue: Issue, at: number) => {
    const whose = entityName(household, definitions, issue.container, issue.id);
    const field = issue.field === null ? undefined : fieldOf(definitions, issue.container, issue.field);
    const disputed = issue.code === "undecided" && issue.field !== null && household.document !== null;
    return (
      <Row
        key={`${issue.code} ${issue.id} ${issue.field} ${at}`}
        icon={ICONS[kindOf(issue)]}
        title={issue.code === "undecided" ? t("issue.undecided_say", { field: field ? labelOf(field) : "" }) : language.value === "en" ? issue.en : issue.vi}
        detail={[t(`issue.${kindOf(issue)}`), whose].filter(Boolean).join(" · ")}
        href={disputed && !onChoose ? valuesPath(household.document ?? "", issue.container, issue.id, issue.field ?? "") : undefined}
        onClick={onChoose && (() => onChoose(issue))}
      />
    );
  };
  return (
    <Section title={t("issue.title", { n: issues.length })} hint={t("issue.hint")}>
      <List>{sorted.slice(0, AT_ONCE).map(row)}</List>
      {sorted.length > AT_ONCE && (
        <details class="more">
          <summary><Icon name="more" />{t("issue.more", { n: sorted.length - AT_ONCE })}</summary>
          <List>{sorted.slice(AT_ONCE).map(row)}</List>
        </details>
      )}
    </Section>
  );
}

/** An undecided field is no doubt of the core's: people disagree. */
function kindOf({ code, severity }: Issue): Kind {
  if (code === "undecided") return "undecided";
  return severity === "contradiction" || severity === "missing" ? severity : "doubtful";
}
