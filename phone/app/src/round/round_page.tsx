/** Close of the round: what is left to do, the village's own form, and the statement that it was reviewed. */
import { useState } from "preact/hooks";
import { sendIfOnline } from "../app/autosync";
import { useAction, useCall } from "../app/call";
import { useSession } from "../app/session";
import type { DocumentName, HouseholdRow, RoundReview, SignOffRow } from "../core/api";
import { announce, Badge, Button, Card, ConfirmButton, EmptyState, Failure, Icon, List, Loading, Notice, Page, ProgressBar, Row, Section } from "../parts";
import { t } from "../text";
import { dateText, momentText } from "../text/format";
import { remembered } from "../village/remembered";
import { VillageSwitch } from "../village/village_switch";
import { FormTableView } from "./form_table";

/** As many at once as can be taken in; the rest behind one touch. */
const AT_ONCE = 8;

export function RoundPage() {
  const session = useSession();
  const home = session.home.value;
  const villages = home?.villages ?? [];
  const village = villages.find(({ code }) => code === remembered.village.value) ?? villages[0];
  const review = useCall("round", village ? { village: village.code } : null);
  const rows = useCall("households", {});
  const data = review.data;
  return (
    <Page title={data?.round?.title || t("round.title")} subtitle={village?.name} ready={data !== null}>
      {home && village && villages.length > 1 && <VillageSwitch villages={villages} chosen={village} unit={home.unit_word} />}
      {review.error && <Failure error={review.error} />}
      {!data ? (
        !review.error && <Loading />
      ) : (
        <>
          <Progress review={data} />
          <Left review={data} rows={rows.data ?? []} />
          <Tally village={data.village.code} />
          <SignOff review={data} />
        </>
      )}
    </Page>
  );
}

function Progress({ review }: { review: RoundReview }) {
  const { round, households, visited } = review;
  return (
    <section class="stack" aria-label={t("round.progress")}>
      {round ? (
        <p>{t("round.dates", { starts: dateText(round.starts), ends: dateText(round.ends), as_of: dateText(round.as_of) })}</p>
      ) : (
        <Notice>{t("round.none")}</Notice>
      )}
      {households > 0 && (
        <ProgressBar label={t("round.visited")} value={visited} max={households} text={t("village.visited", { n: visited, total: households })} />
      )}
    </section>
  );
}

function Left({ review, rows }: { review: RoundReview; rows: HouseholdRow[] }) {
  const { drafts, waiting } = review;
  return (
    <>
      {drafts.length > 0 && (
        <Section title={t("round.drafts", { n: drafts.length })} hint={t("round.drafts_hint")}>
          <List>
            {drafts.map((draft) => (
              <Row
                key={draft.draft}
                icon="pen"
                title={draft.head || t("record.household_new")}
                detail={[draft.number && t("village.number", { number: draft.number }), momentText(draft.touched_at)].filter(Boolean).join(" · ")}
                href={`#/tham/${draft.draft}`}
              />
            ))}
          </List>
        </Section>
      )}
      <Documents title={t("round.not_visited", { n: review.not_visited.length })} none={t("round.all_visited")} documents={review.not_visited} rows={rows} />
      <Documents title={t("round.undecided", { n: review.undecided.length })} none={t("round.none_undecided")} documents={review.undecided} rows={rows} />
      <Section title={t("round.waiting")}>
        {waiting.changes + waiting.reports + waiting.statements + waiting.refused === 0 ? (
          <p class="line"><Icon name="check" />{t("round.nothing_waits")}</p>
        ) : (
          <List>
            {waiting.changes > 0 && <Row icon="waiting" title={t("round.changes_wait", { n: waiting.changes, households: waiting.households })} href="#/gui-nhan" />}
            {waiting.reports > 0 && <Row icon="urgent" title={t("round.reports_wait", { n: waiting.reports })} href="#/gui-nhan" />}
            {waiting.statements > 0 && <Row icon="round" title={t("round.statements_wait", { n: waiting.statements })} href="#/gui-nhan" />}
            {waiting.refused > 0 && <Row icon="alert" title={t("round.refused", { n: waiting.refused })} href="#/gui-nhan" />}
          </List>
        )}
      </Section>
    </>
  );
}

function Documents(props: { title: string; none: string; documents: DocumentName[]; rows: HouseholdRow[] }) {
  const byDocument = new Map(props.rows.map((row) => [row.document, row]));
  const line = (document: DocumentName) => {
    const row = byDocument.get(document);
    return (
      <Row
        key={document}
        icon="house"
        title={row?.head || (row?.number ? t("record.household_number", { number: row.number }) : t("record.household_new"))}
        detail={row && [row.number && t("village.number", { number: row.number }), row.hamlet, row.address].filter(Boolean).join(" · ")}
        badges={row?.tried && !row.visited ? <Badge>{t("village.badge.tried")}</Badge> : undefined}
        href={`#/ho/${document}`}
      />
    );
  };
  return (
    <Section title={props.title}>
      {props.documents.length === 0 ? (
        <p class="line"><Icon name="check" />{props.none}</p>
      ) : (
        <>
          <List>{props.documents.slice(0, AT_ONCE).map(line)}</List>
          {props.documents.length > AT_ONCE && (
            <details class="more">
              <summary>{t("round.more", { n: props.documents.length - AT_ONCE })}</summary>
              <List>{props.documents.slice(AT_ONCE).map(line)}</List>
            </details>
          )}
        </>
      )}
    </Section>
  );
}

/** Counted only when it is asked for: it reads every household. */
function Tally({ village }: { village: string }) {
  const [wanted, setWanted] = useState(false);
  const tally = useCall("tally", wanted ? { village } : null);
  return (
    <Section title={t("round.tally")} hint={t("round.tally_hint")}>
      {!wanted && <Button icon="round" onClick={() => setWanted(true)}>{t("round.tally_show")}</Button>}
      {wanted && tally.error && <Failure error={tally.error} />}
      {wanted && !tally.data && !tally.error && <Loading label={t("round.counting")} />}
      {wanted && tally.data && <FormTableView table={tally.data} />}
    </Section>
  );
}

function SignOff({ review }: { review: RoundReview }) {
  const session = useSession();
  const village = review.village.code;
  const sign = useAction(async () => {
    await session.core.call("sign_off", { village });
    announce(t("round.signed_now"));
    sendIfOnline(session);
  });
  const reopen = useAction(async () => {
    await session.core.call("reopen", { village });
    announce(t("round.reopened_now"));
    sendIfOnline(session);
  });
  const { signed } = review;
  const open = review.not_visited.length + review.undecided.length + review.drafts.length;
  return (
    <Section title={t("round.sign")}>
      {signed ? (
        <Card tone="good" icon="check" title={t("round.signed", { when: momentText(signed.made_at) })}>
          <p><SignOffState row={signed} /></p>
          {signed.changed_since > 0 && <p>{t("round.changed_since", { n: signed.changed_since })}</p>}
          {reopen.error && <Failure error={reopen.error} />}
          <ConfirmButton icon="undo" busy={reopen.busy} title={t("round.reopen_title")} explain={<p>{t("round.reopen_explain")}</p>} confirm={t("round.reopen")} onConfirm={() => void reopen.run()}>
            {t("round.reopen")}
          </ConfirmButton>
        </Card>
      ) : review.round === null ? (
        <EmptyState icon="round" title={t("round.none")} />
      ) : (
        <>
          <p>{t("round.sign_explain")}</p>
          {open > 0 && (
            <Notice tone="attention" title={t("round.sign_open")}>
              <p>{t("round.sign_open_hint", { not_visited: review.not_visited.length, undecided: review.undecided.length, drafts: review.drafts.length })}</p>
            </Notice>
          )}
          {sign.error && <Failure error={sign.error} />}
          <ConfirmButton
            kind="primary"
            icon="round"
            busy={sign.busy}
            title={t("round.sign_title", { village: review.village.name })}
            explain={
              <>
                <p>{t("round.sign_what", { n: review.households, visited: review.visited })}</p>
                <p>{t("round.sign_after")}</p>
              </>
            }
            confirm={t("round.sign_confirm")}
            onConfirm={() => void sign.run()}
          >
            {t("round.sign_action")}
          </ConfirmButton>
        </>
      )}
      {review.sign_offs.length > 0 && (
        <details class="more">
          <summary>{t("round.statements", { n: review.sign_offs.length })}</summary>
          <List>
            {review.sign_offs.map((row) => (
              <Row
                key={row.id}
                icon="round"
                title={momentText(row.made_at)}
                detail={row.round}
                badges={<><SignOffState row={row} />{row.reopened && <Badge icon="undo">{t("round.reopened")}</Badge>}</>}
              />
            ))}
          </List>
        </details>
      )}
    </Section>
  );
}

function SignOffState({ row }: { row: SignOffRow }) {
  return row.state === "waiting" ? (
    <Badge icon="waiting">{t("round.state.waiting")}</Badge>
  ) : (
    <Badge tone="good" icon="check">{t(`round.state.${row.state}`)}</Badge>
  );
}
