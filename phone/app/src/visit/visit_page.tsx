/** A visit: a few short steps, left and gone on with at any time, at the same place after a kill. */
import { useEffect } from "preact/hooks";
import { useCall, useDefinitions } from "../app/call";
import { go, type RouteParams } from "../app/router";
import { useSession } from "../app/session";
import type { Household, Visit } from "../core/api";
import { ActionBar, Button, ButtonLink, Failure, Loading, Notice, Page, Stepper } from "../parts";
import { t } from "../text";
import { ageText, headOf, nameOf, personOf, textOfField } from "../village/record";
import { ChildStep } from "./child_step";
import { CircumstancesStep, PovertyStep } from "./circumstances_step";
import { ADD, FindCircumstance } from "./find_circumstance";
import { FinishStep } from "./finish_step";
import { Before, goOn, Leave } from "./leave";
import { NewcomerStep, NEWCOMERS, type Newcomer } from "./newcomer_page";
import { NotesStep } from "./notes_step";
import { PeopleStep } from "./people_step";
import { PersonStep } from "./person_page";
import { neighbours, readStep, route, settle, STEPS, writeStep, writtenIn, type Step } from "./steps";
import { SupportsStep } from "./supports_step";
import { createWriting, useWriting, WritingContext } from "./writing";

export function VisitPage({ params }: { params: RouteParams }) {
  const draft = params["draft"] ?? "";
  const session = useSession();
  const definitions = useDefinitions();
  const visit = useCall("visit", { draft });
  const path = (step: Step, within?: string) =>
    [`/tham/${draft}`, step.name, step.person, within].filter(Boolean).join("/");

  const data = visit.data;
  const asked = params["step"] === undefined ? null : readStep([params["step"], params["person"]].filter(Boolean).join("/"));
  useEffect(() => {
    // Opened without a place: where it was left.
    if (data && !asked) go(path(resumed(data)), { replace: true });
  }, [data === null, asked === null]);
  const isOver = data === null && visit.error?.code === "visit_unknown";
  useEffect(() => {
    // Walked back into, a visit that came to its end is no place any more.
    if (isOver) go("/", { replace: true });
  }, [isOver]);
  const kept = asked && !isNewcomer(asked.person) ? writeStep(asked) : null;
  useEffect(() => {
    if (data && kept) session.core.call("visit_step", { draft, step: kept }).catch(() => undefined);
  }, [data === null, draft, kept]);

  if (!data || !definitions || !asked) {
    return (
      <Page title={t("visit.title")} back="/">
        {visit.error ? <Failure error={visit.error}><ButtonLink icon="house" href="#/">{t("visit.to_village")}</ButtonLink></Failure> : <Loading />}
      </Page>
    );
  }
  const writing = createWriting(session, data, definitions, path, visit.reload);
  const step = within(asked, data.household) ? asked : settle(asked, route(data.household));
  return (
    <WritingContext.Provider value={writing}>
      <Page
        title={titleOf(step, data.household, params["within"] === ADD)}
        subtitle={subtitleOf(step, data.household, writing.today, params["within"] === ADD)}
        back="/"
        about={data.household.document ? { document: data.household.document, ...(personOf(data.household, step.person) && step.person ? { person: step.person } : {}) } : undefined}
      >
        <VisitStepper step={step} />
        {data.overtaken && <Notice tone="accent" icon="exchange" title={t("visit.overtaken")}><p>{t("visit.overtaken_hint")}</p></Notice>}
        {visit.error && <Failure error={visit.error} />}
        <Contents key={writeStep(step)} step={step} finding={params["within"] === ADD} />
        {step.name !== "finish" && params["within"] !== ADD && (
          <>
            <Leave />
            <Onward step={step} isWithin={within(step, data.household)} />
          </>
        )}
      </Page>
    </WritingContext.Provider>
  );
}

function resumed(visit: Visit): Step {
  const step = readStep(visit.step);
  return within(step, visit.household) ? step : settle(step, route(visit.household));
}

function isNewcomer(person: string | null): person is Newcomer {
  return NEWCOMERS.some((name) => name === person);
}

/** Places within the first step: one person, or somebody new. */
function within(step: Step, household: Household): boolean {
  return step.name === "people" && step.person !== null && (isNewcomer(step.person) || personOf(household, step.person) !== undefined);
}

function titleOf(step: Step, household: Household, finding: boolean): string {
  if (finding) return t("find.title");
  if (isNewcomer(step.person)) return t(`visit.title.${step.person}`);
  const person = personOf(household, step.person);
  if (step.name === "circumstances" && !person) return t("visit.poverty");
  return person ? nameOf(person) : t(`visit.step.${step.name}`);
}

function subtitleOf(step: Step, household: Household, today: string, finding: boolean): string {
  const person = personOf(household, step.person);
  const name = textOfField({ id: "", fields: household.household }, "head_name");
  const head = name ? t("visit.of_household", { head: name }) : headOf(household);
  return person ? [finding ? nameOf(person) : t(`visit.step.${step.name}`), ageText(person, today), head].join(" · ") : head;
}

function Contents({ step, finding }: { step: Step; finding: boolean }) {
  const { household } = useWriting();
  const person = personOf(household, step.person);
  switch (step.name) {
    case "people":
      if (isNewcomer(step.person)) return <NewcomerStep what={step.person} />;
      return person ? <PersonStep person={person} /> : <PeopleStep />;
    case "children":
      return person ? <ChildStep child={person} /> : <p>{t("visit.no_children")}</p>;
    case "circumstances":
      if (!person) return <PovertyStep />;
      return finding ? <FindCircumstance child={person} /> : <CircumstancesStep child={person} />;
    case "supports":
      return person ? <SupportsStep child={person} /> : <p>{t("visit.no_children")}</p>;
    case "notes":
      return <NotesStep />;
    case "finish":
      return <FinishStep />;
  }
}

function VisitStepper({ step }: { step: Step }) {
  const { household, path } = useWriting();
  const steps = route(household);
  const first = (name: Step["name"]) => steps.find((other) => other.name === name);
  const names = STEPS.filter((name) => first(name));
  return (
    <Stepper
      steps={names.map((name) => t(`visit.step.${name}`))}
      current={names.indexOf(step.name)}
      onChoose={(at) => {
        const to = names[at] && first(names[at]);
        if (to) goOn(path(to));
      }}
    />
  );
}

function Onward({ step, isWithin }: { step: Step; isWithin: boolean }) {
  const { household, path } = useWriting();
  if (isWithin) {
    if (isNewcomer(step.person)) return null;
    return (
      <ActionBar>
        <Button icon="back" onClick={() => goOn(path({ name: "people", person: null }))}>{t("visit.up_people")}</Button>
      </ActionBar>
    );
  }
  const { before, after } = neighbours(step, route(household));
  return (
    <ActionBar>
      {before && <Before to={before} />}
      {after && (
        <Button kind="primary" icon="forward" onClick={() => goOn(path(after))}>
          {t(writtenIn(step, household) === 0 && household.document !== null ? "visit.unchanged" : "visit.next")}
        </Button>
      )}
    </ActionBar>
  );
}
