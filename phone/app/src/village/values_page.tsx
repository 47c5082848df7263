/** One field on which people wrote different things: every value with who and when, and the way to settle it. */
import { useId, useState } from "preact/hooks";
import { useAction, useCall, useDefinitions } from "../app/call";
import { back } from "../app/router";
import { useSession } from "../app/session";
import type { Container, Value } from "../core/api";
import { announce, Button, Dialog, Failure, Icon, Loading, Notice, Page, Section } from "../parts";
import { labelOf, t } from "../text";
import { momentText } from "../text/format";
import { authorText, Decision } from "./decisions";
import { entityName, fieldOf, headOf, valueText } from "./record";

const REASON_CHARS_MAX = 500;

export function ValuesPage(props: { document: string; container: string; id: string | null; field: string }) {
  const { document, id, field } = props;
  const container = props.container as Container;
  const session = useSession();
  const definitions = useDefinitions();
  const household = useCall("household", { document });
  const history = useCall("history", { document, container, id, field });
  const [chosen, setChosen] = useState<{ value: Value; seen: Value[] } | null>(null);
  const decide = useAction(async ({ value, seen }: { value: Value; seen: Value[] }, reason: string) => {
    try {
      await session.core.call("decide", { document, container, id, field, value, reason, seen });
      announce(t("values.decided"));
    } finally {
      // Refused or not: what stands now is what to look at.
      setChosen(null);
      history.reload();
      household.reload();
    }
  });

  const definition = definitions ? fieldOf(definitions, container, field) : undefined;
  const error = history.error ?? household.error;
  const ready = definitions && history.data ? household.data : null;
  const words = (value: Value) =>
    (definitions && valueText(value, definition, definitions, household.data ?? undefined)) ?? t("record.unset");
  const values = history.data?.values ?? [];
  const isDisputed = values.length > 1;
  return (
    <Page
      title={definition ? labelOf(definition) : t("values.title")}
      subtitle={ready && definitions ? [headOf(ready), entityName(ready, definitions, container, id)].filter(Boolean).join(" · ") : undefined}
      back={`/ho/${document}`}
      ready={Boolean(ready)}
      about={{ document }}
    >
      {error && <Failure error={error} />}
      {!error && !ready && <Loading />}
      {ready && definitions && (
        <>
          {isDisputed && <Notice icon="two" title={t("values.disputed")}><p>{t("values.disputed_hint")}</p></Notice>}
          <Section title={t(isDisputed ? "values.all" : "values.one")}>
            <ul class="side-by-side">
              {values.map((standing, at) => (
                <li key={at} class="card">
                  <p class="value-big">{words(standing.value)}</p>
                  <p><Icon name={standing.who.kind === "office" ? "house" : "person"} /> {authorText(standing.who)}</p>
                  <p class="hint">
                    {standing.at === null ? t("values.no_time") : momentText(standing.at)}
                    {standing.unsent && ` · ${t("values.unsent")}`}
                  </p>
                  {isDisputed && (
                    <Button kind="plain" icon="check" aria-label={t("values.right_of", { value: words(standing.value) })} onClick={() => setChosen({ value: standing.value, seen: values.map(({ value }) => value) })}>
                      {t("values.right")}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
            {history.data?.values.length === 0 && <p class="hint">{t("record.unset")}</p>}
          </Section>
          {isDisputed && <Button kind="quiet" icon="back" onClick={() => back(`/ho/${document}`)}>{t("values.later")}</Button>}
          {history.data && history.data.decisions.length > 0 && (
            <Section title={t("values.decisions")}>
              <ul class="decisions">
                {history.data.decisions.map((decision) => (
                  <Decision key={decision.id} decision={decision} household={ready} definitions={definitions} isNew={decision.unseen} />
                ))}
              </ul>
            </Section>
          )}
          {decide.error && <Failure error={decide.error} />}
          <Reason
            value={chosen ? words(chosen.value) : null}
            busy={decide.busy}
            onClose={() => setChosen(null)}
            onDecide={(reason) => chosen && void decide.run(chosen, reason)}
          />
        </>
      )}
    </Page>
  );
}

function Reason(props: { value: string | null; busy: boolean; onClose: () => void; onDecide: (reason: string) => void }) {
  const id = useId();
  const [reason, setReason] = useState("");
  return (
    <Dialog
      open={props.value !== null}
      title={t("values.confirm", { value: props.value ?? "" })}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t("cancel")}</Button>
          <Button kind="primary" busy={props.busy} onClick={() => props.onDecide(reason.trim())}>{t("values.right")}</Button>
        </>
      }
    >
      <p>{t("values.confirm_hint")}</p>
      <div class="field">
        <label class="field-label" for={id}>{t("values.reason")}</label>
        <textarea id={id} class="input" rows={3} maxLength={REASON_CHARS_MAX} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </div>
    </Dialog>
  );
}
