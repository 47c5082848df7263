/** Finding a circumstance: a group in plain words, its questions, and the lines of 03/TE they come to. */
import { useId, useRef, useState } from "preact/hooks";
import { useAction } from "../app/call";
import { back, go, isIn } from "../app/router";
import type { Entity, Question, QuestionGroup } from "../core/api";
import { ActionBar, Badge, Button, ButtonLink, Card, Failure, Icon, List, Notice, Row, Section } from "../parts";
import { language, t } from "../text";
import { OfficialLine } from "../village/holds";
import { entryOf, plainOf, textOfField } from "../village/record";
import { openCircumstances } from "./events";
import { SealForm } from "./seal_form";
import { answer, asked, outcome, type Given } from "./walk";
import { useWriting } from "./writing";

const SECTIONS = ["II", "III", "IV"] as const;

/** Its place within a child's circumstances. */
export const ADD = "them";

const plain = (of: { plain: string; plain_en: string }) => (language.value === "en" ? of.plain_en : of.plain);
const asks = (of: Question) => (language.value === "en" ? of.ask_en : of.ask);

export function FindCircumstance({ child }: { child: Entity }) {
  const { household, definitions, path } = useWriting();
  const [group, setGroup] = useState<QuestionGroup | null>(null);
  const isRestricted = (code: string) => entryOf(definitions, "circumstances", code)?.circumstance?.restricted === true;
  const held = openCircumstances(household, child.id).map((held) => textOfField(held, "code"));
  if (group) return <Questions key={group.code} child={child} group={group} onBack={() => setGroup(null)} />;
  return (
    <>
      <p>{t("find.intro")}</p>
      {SECTIONS.map((section) => (
        <Section key={section} title={t(`find.section.${section}`)}>
          <List>
            {definitions.questions.filter(({ code }) => code.split(".")[0] === section).map((group) => (
              <Row
                key={group.code}
                title={plain(group)}
                badges={
                  <>
                    {isRestricted(group.code) && <Badge icon="seal">{t("find.restricted")}</Badge>}
                    {held.some((code) => code === group.code || code.startsWith(`${group.code}.`)) && <Badge icon="check">{t("find.held")}</Badge>}
                  </>
                }
                onClick={() => {
                  setGroup(group);
                  scrollTo(0, 0);
                }}
              />
            ))}
          </List>
        </Section>
      ))}
      <Section title={t("find.elsewhere")}>
        <div class="buttons">
          <ButtonLink icon="house" href={`#${path({ name: "circumstances", person: null })}`}>{t("find.poverty")}</ButtonLink>
          <ButtonLink icon="alert" href={`#${path({ name: "people", person: child.id })}`}>{t("find.injury")}</ButtonLink>
        </div>
      </Section>
      <ActionBar>
        <Up child={child} />
      </ActionBar>
    </>
  );
}

function Questions({ child, group, onBack }: { child: Entity; group: QuestionGroup; onBack: () => void }) {
  const { household, definitions, path, add } = useWriting();
  const [given, setGiven] = useState<Given>({});
  const [sealing, setSealing] = useState<string | null>(null);
  const done = useRef(new Set<string>());
  const { codes, complete } = outcome(group, given);
  const held = openCircumstances(household, child.id).map((held) => textOfField(held, "code"));
  const fresh = codes.filter((code) => !held.includes(code));
  const restricted = codes.find((code) => entryOf(definitions, "circumstances", code)?.circumstance?.restricted === true);
  const isGroupRestricted = entryOf(definitions, "circumstances", group.code)?.circumstance?.restricted === true;
  // Within reach of the thumb while answers are given: nobody goes back believing them recorded.
  const ready = complete && (restricted !== undefined || fresh.length > 0);
  const up = path({ name: "circumstances", person: child.id });
  const here = path({ name: "circumstances", person: child.id }, ADD);
  const write = useAction(async () => {
    for (const code of fresh) {
      if (done.current.has(code)) continue;
      await add("circumstances", { person: child.id, code });
      done.current.add(code);
    }
    if (isIn(here)) back(up);
  });

  if (sealing) {
    return (
      <SealForm
        child={child}
        code={sealing}
        onBack={() => setSealing(null)}
        onSealed={() => isIn(here) && go(up, { replace: true })}
      />
    );
  }
  return (
    <div class="stack">
      <Card>
        <h2 ref={focusOnce}>{plain(group)}</h2>
        <Official code={group.code} />
        <Button kind="quiet" icon="back" onClick={onBack}>{t("find.choose_again")}</Button>
      </Card>
      {isGroupRestricted && <Notice icon="seal" title={t("seal.title")}><p>{t("seal.short")}</p></Notice>}
      {asked(group, given).map((question) => (
        <Answers key={question.id} question={question} given={given} onAnswer={setGiven} />
      ))}
      {complete && codes.length === 0 && <Notice title={t("find.nothing")}><p>{t("find.nothing_hint")}</p></Notice>}
      {complete && codes.length > 0 && (
        <Section title={t("find.lines")}>
          <ul class="holds card">
            {codes.map((code) => {
              const entry = entryOf(definitions, "circumstances", code);
              return (
                <li key={code}>
                  <strong>{entry ? plainOf(entry) : code}</strong>
                  <Official code={code} />
                  {held.includes(code) && <Badge icon="check">{t("find.held")}</Badge>}
                </li>
              );
            })}
          </ul>
          {write.error && <Failure error={write.error} />}
          {!restricted && fresh.length === 0 && <p>{t("find.all_held")}</p>}
        </Section>
      )}
      <ActionBar>
        <Up child={child} short={ready} />
        {ready && (restricted ? (
          <Button kind="primary" icon="seal" onClick={() => setSealing(restricted)}>{t("find.seal")}</Button>
        ) : (
          <Button kind="primary" icon="check" busy={write.busy} onClick={() => void write.run()}>{t("find.write")}</Button>
        ))}
      </ActionBar>
    </div>
  );
}

/** Back to the child's circumstances, with nothing recorded; `short`: there is something to record beside it. */
function Up({ child, short = false }: { child: Entity; short?: boolean }) {
  const { path } = useWriting();
  const up = () => go(path({ name: "circumstances", person: child.id }));
  if (!short) return <Button icon="back" onClick={up}>{t("visit.up")}</Button>;
  return (
    <button type="button" class="button button-before" aria-label={t("visit.up")} onClick={up}>
      <Icon name="back" />
    </button>
  );
}

function Official({ code }: { code: string }) {
  const { definitions } = useWriting();
  const entry = entryOf(definitions, "circumstances", code);
  return entry ? <OfficialLine code={code} label={entry.label} /> : null;
}

/** What comes in place of what was touched is where reading goes on. */
function focusOnce(element: HTMLHeadingElement | null): void {
  if (!element || element.tabIndex === -1 && element.hasAttribute("tabindex")) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

function Answers({ question, given, onAnswer }: { question: Question; given: Given; onAnswer: (given: Given) => void }) {
  const name = useId();
  return (
    <fieldset class="field">
      <legend class="field-label">{asks(question)}</legend>
      <div class="options">
        {question.answers.map((choice, at) => (
          <label key={at} class="option">
            <input
              type={question.many ? "checkbox" : "radio"}
              name={name}
              checked={given[question.id]?.includes(at) ?? false}
              onChange={(event) => onAnswer(answer(given, question, at, event.currentTarget.checked))}
            />
            <span class="option-text">
              <span>{plain(choice)}</span>
              {choice.codes?.map((code) => <OptionLine key={code} code={code} />)}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function OptionLine({ code }: { code: string }) {
  const { definitions } = useWriting();
  const entry = entryOf(definitions, "circumstances", code);
  return (
    <span class="option-detail" lang="vi">
      {t("record.official", { code, label: entry?.label ?? "" })}
      {entry?.circumstance?.restricted === true && <> <Icon name="seal" /></>}
    </span>
  );
}
