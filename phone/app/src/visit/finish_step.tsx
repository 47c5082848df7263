/** Step six: what is still missing is said gently, nothing of it keeps the visit from being finished. */
import { useState } from "preact/hooks";
import { useAction } from "../app/call";
import { sendIfOnline } from "../app/autosync";
import { go, isIn } from "../app/router";
import { useSession } from "../app/session";
import type { Day } from "../core/api";
import { ActionBar, announce, Button, ButtonLink, Card, DateField, Failure, Notice, RadioList, stopAtWrong } from "../parts";
import { t } from "../text";
import { IssueList } from "../village/issues";
import { plainOf, textOfField } from "../village/record";
import { planHappening } from "./events";
import { Before, Leave } from "./leave";
import { isIdentified, isWithdrawn, neighbours, route, stepOf } from "./steps";
import { ownVisit, useWriting } from "./writing";

const MET = "met";
const MOVED_AWAY = "moved_away";

export function FinishStep() {
  const session = useSession();
  const { visit, household, definitions, today, path, add, setVisit } = useWriting();
  const own = ownVisit(household);
  const result = textOfField(own, "result") || MET;
  const [date, setDate] = useState<Day | null>(textOfField(own, "date") || visit.date);
  const finish = useAction(async () => {
    if (date === null || stopAtWrong()) return;
    const { document } = await session.core.call("visit_finish", { draft: visit.draft, result, date });
    announce(t("visit.finished"));
    sendIfOnline(session);
    if (isIn(`/tham/${visit.draft}`)) go(`/ho/${document}`, { replace: true });
  });
  const leaving = [...household.children, ...household.members].filter(
    (person) => !isWithdrawn(person) && household.people.find(({ id }) => id === person.id)?.present !== false &&
      !household.events.some((event) => event.fields["person"]?.value === person.id && event.draft && textOfField(event, "kind") === "moved_out"),
  );
  const leave = useAction(async () => {
    for (const person of leaving) {
      const { event } = planHappening({ kind: "moved_out", person: person.id, date: null }, household);
      await add(event.container, event.fields);
    }
    if (isIn(path({ name: "finish", person: null }))) go(path({ name: "people", person: null }));
  });
  const results = definitions.catalogues["visit_results"]?.entries ?? [];
  const identified = isIdentified(household);
  const { before } = neighbours({ name: "finish", person: null }, route(household));
  return (
    <>
      <div class="stack">
        <p>{visit.written === 0 ? t("visit.written_none") : t("visit.written", { n: visit.written })}</p>
          <RadioList
          label={t("visit.result")}
          value={result}
          options={results.map((entry) => ({ value: entry.code, label: plainOf(entry) }))}
          onSave={(chosen) => setVisit({ result: chosen ?? MET, date: date ?? visit.date })}
        />
        <DateField
          label={t("visit.date")}
          hint={t("visit.date_hint")}
          value={date}
          whole
          latest={today}
          today={today}
          onSave={async (chosen) => {
            setDate(chosen);
            if (chosen) await setVisit({ result, date: chosen });
          }}
        />
        {result === MOVED_AWAY && leaving.length > 0 && (
          <Card tone="attention" icon="house" title={t("visit.all_left")}>
            <p>{t("visit.all_left_hint", { n: leaving.length })}</p>
            {leave.error && <Failure error={leave.error} />}
            <Button busy={leave.busy} onClick={() => void leave.run()}>{t("visit.all_left_write")}</Button>
          </Card>
        )}
        {!identified && (
          <Notice tone="attention" title={t("visit.identify")}>
            <p>{t("visit.identify_hint")}</p>
            <ButtonLink icon="pen" href={`#${path({ name: "people", person: null })}`}>{t("visit.identify_go")}</ButtonLink>
          </Notice>
        )}
        <IssueList
          {...{ household, definitions }}
          issues={household.issues}
          onChoose={(issue) => go(path(stepOf(issue, household)))}
        />
        {finish.error && <Failure error={finish.error} />}
        <p class="hint">{t("visit.finish_hint")}</p>
      </div>
      <Leave />
      <ActionBar>
        {before && <Before to={before} />}
        <Button kind="primary" icon="check" disabled={!identified || date === null} busy={finish.busy} onClick={() => void finish.run()}>{t("visit.finish")}</Button>
      </ActionBar>
    </>
  );
}
