/** Sending and receiving: by hand, how it goes, what came of it, and what the office returned. */
import { useCall } from "../app/call";
import { useOnline } from "../app/online";
import { useSession } from "../app/session";
import type { RefusedRow, SyncOutcome, Waiting } from "../core/api";
import { ActionBar, Badge, Button, Facts, Failure, List, Loading, Notice, Page, Section } from "../parts";
import { errorText, t } from "../text";
import { momentDayText, momentText } from "../text/format";
import { SyncCourse } from "./course";
import { waitingCount } from "./state";

export function SyncPage() {
  const session = useSession();
  const online = useOnline();
  const refused = useCall("refused", {});
  const home = session.home.value;
  const state = session.sync.value;
  if (!home) return <Page title={t("nav.sync")}><Loading /></Page>;
  const n = waitingCount(home.waiting);
  // While it waits to try again, the button makes it try at once.
  const running = state.kind === "running";

  return (
    <Page title={t("nav.sync")} ready={refused.data !== null}>
      <Section title={t("sync.waiting.title")}>
        {n > 0 ? (
          <WaitingCard waiting={home.waiting} />
        ) : home.last_sync === null ? (
          <Notice title={t("sync.never")}>
            <p>{t("sync.never.say")}</p>
          </Notice>
        ) : (
          <Notice tone={home.waiting.refused > 0 ? "plain" : "good"} icon="check" title={t("sync.waiting.none")}>
            <p>{home.waiting.refused > 0 ? t("sync.waiting.none.refused") : t("sync.waiting.none.say")}</p>
          </Notice>
        )}
        {!online && state.kind !== "failed" && (
          <Notice icon="offline" title={t("sync.offline")}>
            <p>{t("sync.offline.say")}</p>
          </Notice>
        )}
        <SyncCourse />
        {state.kind === "failed" && <Failure error={state.error} />}
        {state.kind === "finished" && <Outcome outcome={state.outcome} at={state.at} />}
      </Section>
      <Facts
        facts={[
          [t("sync.last"), home.last_sync ? momentText(home.last_sync.at) : t("sync.last.never")],
          ...(home.last_sync ? [[t("sync.agrees"), home.last_sync.agrees ? t("sync.agrees.yes") : t("sync.agrees.no")] as [string, string]] : []),
        ]}
      />
      {refused.error && <Failure error={refused.error} />}
      {refused.data && refused.data.length > 0 && <Refused rows={refused.data} />}
      <p class="hint">{t("sync.auto")}</p>
      <ActionBar>
        <Button kind="primary" icon="exchange" busy={running} onClick={() => session.beginSync()}>
          {running ? t("sync.running") : t("sync.now")}
        </Button>
      </ActionBar>
    </Page>
  );
}

function WaitingCard({ waiting }: { waiting: Waiting }) {
  return (
    <Notice icon="waiting" title={t("sync.waiting.some", { n: waitingCount(waiting) })}>
      <ul class="bullets">
        {waiting.reports > 0 && <li>{t("sync.waiting.reports", { n: waiting.reports })}</li>}
        {waiting.changes > 0 && <li>{t("sync.waiting.changes", { n: waiting.changes, households: waiting.households })}</li>}
        {waiting.statements > 0 && <li>{t("sync.waiting.statements", { n: waiting.statements })}</li>}
      </ul>
      <p>{t("sync.waiting.safe")}</p>
    </Notice>
  );
}

function Outcome({ outcome, at }: { outcome: SyncOutcome; at: number }) {
  const whole = outcome.agrees && outcome.refused === 0 && outcome.acknowledged >= outcome.sent;
  return (
    <Notice tone={whole ? "good" : "attention"} role="status" title={t(whole ? "sync.done" : "sync.done_not_all", { at: momentText(at) })}>
      <ul class="bullets">
        {outcome.sent !== outcome.acknowledged && <li>{t("sync.sent", { n: outcome.sent })}</li>}
        <li>{t("sync.acknowledged", { n: outcome.acknowledged })}</li>
        {outcome.refused > 0 && <li>{t("sync.refused_n", { n: outcome.refused })}</li>}
        {outcome.reports_arrived > 0 && <li>{t("sync.reports_arrived", { n: outcome.reports_arrived })}</li>}
        <li>{t("sync.received", { n: outcome.received })}</li>
      </ul>
      {!outcome.agrees && <p>{t("sync.not_agreed")}</p>}
    </Notice>
  );
}

function Refused({ rows }: { rows: RefusedRow[] }) {
  return (
    <Section title={t("refused.title", { n: rows.length })} hint={t("refused.say")}>
      <List label={t("refused.title", { n: rows.length })}>
        {rows.map((row) => {
          const { say, next } = errorText(row);
          return (
            <li key={`${row.document}/${row.code}`} class="refused">
              <a class="refused-name" href={`#/ho/${row.document}`}>{t("refused.household", { number: row.number, head: row.head })}</a>
              <p>{say}</p>
              <p><strong>{t("refused.next")}</strong> {next}</p>
              <p class="hint">{t("refused.detail", { at: momentDayText(row.at), n: row.changes, code: row.code })}</p>
              <Badge tone={row.may_pass ? "plain" : "attention"} icon={row.may_pass ? "waiting" : "alert"}>
                {row.may_pass ? t("refused.may_pass") : t("refused.wants_somebody")}
              </Badge>
            </li>
          );
        })}
      </List>
    </Section>
  );
}
