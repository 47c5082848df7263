/**
 * A report of danger to a child: two touches from anywhere, sealed at once to the commune's key.
 *
 * What is typed here is in memory only until it is sealed; afterwards only its state can be read.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { useAction, useCall } from "../app/call";
import { place } from "../app/router";
import { useSession } from "../app/session";
import type { Household, UrgentInput, UrgentKind, UrgentRow } from "../core/api";
import { ActionBar, Badge, Button, ButtonLink, Dialog, Failure, List, Loading, Notice, Page, RadioList, Section, announce, type IconName } from "../parts";
import { t } from "../text";
import { momentDayText, momentText } from "../text/format";
import { Icon } from "../parts/icons";
import { Numbers } from "./numbers";

const KINDS: UrgentKind[] = ["abuse", "abandonment", "injury", "danger", "other"];
/** A sealed report has to fit its envelope. */
const HAPPENED_CHARS_MAX = 1500;
const LINE_CHARS_MAX = 200;
const SOMEBODY_ELSE = "";

interface Unsent {
  /** The household it was called from. */
  document: string | null;
  person: string | null;
  about: string;
  where: string | null;
  happened: string;
  contact: string;
}

/** What is being written outlives a lock and a look at another page, not the app: it is stored nowhere. */
const unsent = signal<Unsent | null>(null);
const chosen = signal<UrgentKind | null>(null);

export function UrgentPage() {
  const kind = chosen.value;
  const setKind = (next: UrgentKind | null) => (chosen.value = next);
  const [sent, setSent] = useState(false);
  const from = place.value.query.get("ho");
  const way = from ? `/ho/${from}` : "/";

  if (sent) return <Sent onAgain={() => { setSent(false); setKind(null); }} back={way} />;
  if (kind) return <Report kind={kind} onBack={() => setKind(null)} onSent={() => setSent(true)} />;
  return (
    <Page title={t("urgent.title")} back={way} withoutUrgent>
      <Section title={t("urgent.call")} hint={t("urgent.call.hint")}>
        <Numbers />
      </Section>
      <Section title={t("urgent.what")} hint={t("urgent.what.hint")}>
        <div class="options">
          {KINDS.map((each) => (
            <button key={each} type="button" class="option" onClick={() => setKind(each)}>
              <span class="option-text">
                <span>{t(`urgent.kind.${each}`)}</span>
                <span class="option-detail">{t(`urgent.kind.${each}.detail`)}</span>
              </span>
              <Icon name="forward" />
            </button>
          ))}
        </div>
      </Section>
      <Reports />
    </Page>
  );
}

function Report(props: { kind: UrgentKind; onBack: () => void; onSent: () => void }) {
  const session = useSession();
  const { query } = place.value;
  const from = query.get("ho");
  // What was begun stays about whom it was begun, wherever the page is opened from again.
  const written: Unsent = unsent.value ?? { document: from, person: query.get("nguoi"), about: "", where: null, happened: "", contact: "" };
  const { document } = written;
  const household = useCall("household", document ? { document } : null);
  const write = (part: Partial<Unsent>) => (unsent.value = { ...written, ...part });
  const { person, about, happened, contact } = written;
  const where = written.where ?? (household.data ? addressOf(household.data) : "");
  const [asking, setAsking] = useState(false);
  const heading = useRef<HTMLDivElement>(null);

  const send = useAction(async () => {
    const input: UrgentInput = {
      kind: props.kind, document, person: person || null, about: about.trim(), place: where.trim(),
      happened: happened.trim(), contact: contact.trim(),
    };
    await session.core.call("urgent_send", input);
    session.beginSync();
    unsent.value = null;
    chosen.value = null;
    announce(t("urgent.sealed"), { quiet: true });
    props.onSent();
  });
  useEffect(() => heading.current?.focus(), []);

  const people = document && household.data ? peopleOf(household.data) : [];
  const known = people.length > 0;
  const named = (known && person !== null && person !== SOMEBODY_ELSE) || about.trim() !== "";
  const ready = happened.trim() !== "" || named;
  return (
    <Page title={t(`urgent.kind.${props.kind}`)} subtitle={t("urgent.title")} onBack={props.onBack} withoutUrgent>
      <div ref={heading} tabIndex={-1} class="stack">
        <Notice tone="attention" icon="seal" title={t("urgent.sealed_once")}>
          <p>{t("urgent.sealed_once.say")}</p>
        </Notice>
      </div>
      {document !== from && (
        <Notice icon="pen" title={t("urgent.begun")}>
          <Button kind="quiet" icon="erase" onClick={() => { unsent.value = null; }}>{t("urgent.begin_anew")}</Button>
        </Notice>
      )}
      {known && (
        <RadioList
          label={t("urgent.who")}
          options={[...people, { value: SOMEBODY_ELSE, label: t("urgent.who.other") }]}
          value={person}
          onSave={(next) => void write({ person: next })}
        />
      )}
      {(!known || person === SOMEBODY_ELSE) && (
        <Line id="urgent-about" label={known ? t("urgent.who.name") : t("urgent.who")} hint={t("urgent.who.hint")} value={about} onInput={(text) => write({ about: text })} />
      )}
      <Line id="urgent-where" label={t("urgent.where")} hint={t("urgent.where.hint")} value={where} onInput={(text) => write({ where: text })} />
      <div class="field">
        <label class="field-label" for="urgent-happened">{t("urgent.happened")}</label>
        <p class="hint" id="urgent-happened-hint">{t("urgent.happened.hint")}</p>
        <textarea
          id="urgent-happened"
          class="input"
          rows={5}
          maxLength={HAPPENED_CHARS_MAX}
          value={happened}
          aria-describedby="urgent-happened-hint"
          onInput={(event) => write({ happened: event.currentTarget.value })}
        />
      </div>
      <Line id="urgent-contact" label={t("urgent.contact")} hint={t("urgent.contact.hint")} value={contact} onInput={(text) => write({ contact: text })} />
      {send.error && <Failure error={send.error} />}
      {!ready && <p class="hint" id="urgent-not-ready">{t("urgent.not_ready")}</p>}
      <ActionBar>
        <Button kind="danger" icon="urgent" busy={send.busy} disabled={!ready} aria-describedby={ready ? undefined : "urgent-not-ready"} onClick={() => setAsking(true)}>
          {t("urgent.send")}
        </Button>
      </ActionBar>
      <Dialog
        open={asking}
        title={t("urgent.sure")}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>{t("urgent.look_again")}</Button>
            <Button kind="danger" busy={send.busy} onClick={() => { setAsking(false); void send.run(); }}>{t("urgent.send_now")}</Button>
          </>
        }
      >
        <p>{t("urgent.sure.say")}</p>
      </Dialog>
    </Page>
  );
}

function Line(props: { id: string; label: string; hint: string; value: string; onInput: (text: string) => unknown }) {
  return (
    <div class="field">
      <label class="field-label" for={props.id}>{props.label}</label>
      <p class="hint" id={`${props.id}-hint`}>{props.hint}</p>
      <input
        id={props.id}
        class="input"
        autoComplete="off"
        maxLength={LINE_CHARS_MAX}
        value={props.value}
        aria-describedby={`${props.id}-hint`}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </div>
  );
}

function Sent({ onAgain, back }: { onAgain: () => void; back: string }) {
  const latest = useCall("urgent_list", {}).data?.[0];
  return (
    <Page title={t("urgent.sent.title")} back={back} withoutUrgent>
      <Notice tone={latest && latest.state !== "waiting" ? "good" : "attention"} icon="seal" role="status" title={latest ? stateText(latest) : t("urgent.sealed")}>
        <p>{latest && latest.state !== "waiting" ? t("urgent.sent.arrived") : t("urgent.sent.waiting")}</p>
      </Notice>
      <Section title={t("urgent.call")} hint={t("urgent.sent.call")}>
        <Numbers />
      </Section>
      <Reports />
      <ActionBar>
        <Button onClick={onAgain}>{t("urgent.another")}</Button>
        <ButtonLink kind="primary" href={`#${back}`}>{t("urgent.done")}</ButtonLink>
      </ActionBar>
    </Page>
  );
}

const STATES: Record<UrgentRow["state"], { icon: IconName; tone: "attention" | "plain" | "good" }> = {
  waiting: { icon: "waiting", tone: "attention" },
  arrived: { icon: "check", tone: "plain" },
  opened: { icon: "seal", tone: "good" },
};

function stateText(row: UrgentRow): string {
  return t(`urgent.state.${row.state}`, { at: row.state_at === null ? "" : momentText(row.state_at) });
}

/** The reports made on this phone: when, and how far they came. Nothing of what they say. */
function Reports() {
  const reports = useCall("urgent_list", {});
  if (reports.error) return <Failure error={reports.error} />;
  if (!reports.data) return <Loading />;
  if (reports.data.length === 0) return null;
  return (
    <Section title={t("urgent.list")} hint={t("urgent.list.hint")}>
      <List label={t("urgent.list")}>
        {reports.data.map((row) => (
          <li key={row.id} class="kept">
            <p class="row-title">{t("urgent.row", { day: momentDayText(row.made_at) })}</p>
            <Badge tone={STATES[row.state].tone} icon={STATES[row.state].icon}>{stateText(row)}</Badge>
          </li>
        ))}
      </List>
    </Section>
  );
}

function addressOf(household: Household): string {
  return [household.household["address"]?.value, household.household["hamlet"]?.value, household.village.name].filter(Boolean).join(", ");
}

function peopleOf(household: Household) {
  return [...household.children, ...household.members].flatMap((person) => {
    const name = person.fields["name"]?.value;
    return typeof name === "string" ? [{ value: person.id, label: name }] : [];
  });
}
