/** The village's households: who is still to be visited, found by name, number or hamlet. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useAction, useCall } from "../app/call";
import { HomeCards } from "../app/home_cards";
import { go, isIn } from "../app/router";
import { useSession } from "../app/session";
import type { DocumentName, DraftRow, Home, HouseholdRow, Village } from "../core/api";
import { Badge, Button, ButtonLink, Card, EmptyState, Failure, Icon, Loading, Notice, Page, ProgressBar } from "../parts";
import { language, t } from "../text";
import { dateText, momentText } from "../text/format";
import { reminder } from "../round/reminder";
import { useDeferred } from "./deferred";
import { remembered } from "./remembered";
import { VillageSwitch } from "./village_switch";
import { counts, FILTERS, firstOf, fitting, grouped, type Filter } from "./rows";

/** Rows drawn at once, and with each further piece. */
const FIRST_ROWS = 60;
const MORE_ROWS = 120;

export function VillagePage() {
  const session = useSession();
  const home = session.home.value;
  const rows = useCall("households", {});
  const villages = home?.villages ?? [];
  const village = villages.find(({ code }) => code === remembered.village.value) ?? villages[0];
  const begin = useAction(async (code: string) => {
    const visit = await session.core.call("visit_start", { document: null, village: code });
    if (isIn("/")) go(`/tham/${visit.draft}`);
  });

  return (
    <Page title={village ? village.name : t("village.title")} subtitle={home?.commune} ready={rows.data !== null}>
      {begin.error && <Failure error={begin.error} />}
      <HomeCards />
      {home && village && (
        <>
          {villages.length > 1 && <VillageSwitch villages={villages} chosen={village} unit={home.unit_word} />}
          {rows.data && <RoundProgress home={home} village={village} rows={rows.data} />}
          <Drafts drafts={home.drafts} />
          {rows.error && <Failure error={rows.error} />}
          {rows.data ? (
            <Households rows={rows.data} village={village}>
              <Button kind="quiet" icon="plus" busy={begin.busy} onClick={() => void begin.run(village.code)}>{t("village.add")}</Button>
            </Households>
          ) : (
            !rows.error && <Loading />
          )}
        </>
      )}
    </Page>
  );
}

function RoundProgress({ home, village, rows }: { home: Home; village: Village; rows: HouseholdRow[] }) {
  const here = rows.filter((row) => row.village === village.code && !row.withdrawn);
  const visited = here.filter((row) => row.visited).length;
  const { round } = home;
  return (
    <section class="village-head" aria-label={t("village.progress")}>
      {round && here.length > 0 && (
        <ProgressBar
          label={round.title || t("village.round")}
          value={visited}
          max={here.length}
          text={t("village.visited", { n: visited, total: here.length })}
        />
      )}
      {round && <p class="hint">{t("village.round_until", { day: dateText(round.ends) })}</p>}
      {round && <Reminded home={home} village={village.code} title={round.title} left={here.length - visited} />}
    </section>
  );
}

function Reminded({ home, village, title, left }: { home: Home; village: string; title: string; left: number }) {
  const due = reminder(home, village, left);
  if (!due) return null;
  const asked = home.reminded[village];
  return (
    <Notice tone="attention" title={t(`remind.${due.when}`, { round: title, n: due.days })}>
      <p>
        {left > 0 && `${t("remind.visits", { n: left })} `}
        {!due.signed && `${t("remind.sign")} `}
        {asked && t("remind.office", { day: dateText(asked) })}
      </p>
      <ButtonLink icon="round" href="#/dot">{t("round.title")}</ButtonLink>
    </Notice>
  );
}

/** Visits that were broken off: one touch and they go on where they were. */
function Drafts({ drafts }: { drafts: DraftRow[] }) {
  if (drafts.length === 0) return null;
  return (
    <Card tone="accent" icon="pen" title={t("village.drafts", { n: drafts.length })}>
      <ul class="drafts">
        {drafts.map((draft) => (
          <li key={draft.draft}>
            <a class="draft" href={`#/tham/${draft.draft}`}>
              <span>
                <strong>{draft.head || t("record.household_new")}</strong>
                {draft.number && ` · ${t("village.number", { number: draft.number })}`}
                <span class="hint">{t("village.draft_at", { when: momentText(draft.touched_at) })}</span>
              </span>
              <span class="draft-go">{t("village.resume")}<Icon name="forward" /></span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Households({ rows, village, children }: { rows: HouseholdRow[]; village: Village; children: ComponentChildren }) {
  const { text, filters } = remembered;
  const hasRound = Boolean(useSession().home.value?.round);
  const found = useSearch(text.value);
  const active = filters.value;
  const numbers = useMemo(() => counts(rows, village.code), [rows, village.code]);
  const fits = useMemo(
    () => fitting(rows, { village: village.code, filters: active, found: found === null ? null : new Set(found) }),
    [rows, village.code, active, found],
  );
  const groups = useMemo(() => grouped(fits), [fits]);
  const limit = usePieces(fits.length, `${village.code} ${text.value} ${[...active].join()}`);
  const drawn = useMemo(() => firstOf(groups, limit), [groups, limit]);
  const isFiltered = active.size > 0 || text.value.trim() !== "";

  function toggle(filter: Filter): void {
    const next = new Set(active);
    if (!next.delete(filter)) next.add(filter);
    filters.value = next;
  }

  return (
    <section aria-label={t("village.households")}>
      <label class="search">
        <Icon name="search" />
        <input
          class="input"
          type="search"
          value={text.value}
          enterKeyHint="search"
          aria-label={t("village.search")}
          placeholder={t("village.search")}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <div class="chips" role="group" aria-label={t("village.filters")}>
        {FILTERS.filter((filter) => (numbers[filter] > 0 && (filter !== "unvisited" || hasRound)) || active.has(filter)).map((filter) => (
          <button key={filter} type="button" class="chip" aria-pressed={active.has(filter)} onClick={() => toggle(filter)}>
            {active.has(filter) && <Icon name="check" />}
            {t(`village.filter.${filter}`)} <span class="chip-count">{numbers[filter]}</span>
          </button>
        ))}
      </div>
      <div class="section-head">
        <p class="list-count" role="status">{t(isFiltered ? "village.found" : "village.all", { n: fits.length })}</p>
        {children}
      </div>
      {fits.length === 0 && (
        <EmptyState icon="house" title={t(isFiltered ? "village.none_found" : "village.none")}>
          {isFiltered ? (
            <Button icon="erase" onClick={() => { text.value = ""; filters.value = new Set(); }}>{t("village.show_all")}</Button>
          ) : (
            <p>{t("village.none_hint")}</p>
          )}
        </EmptyState>
      )}
      {drawn.map((group, at) => (
        <section key={group.hamlet || "-"} class="hamlet" aria-labelledby={`hamlet-${at}`}>
          <h2 id={`hamlet-${at}`}>
            {group.hamlet || t("village.no_hamlet")} <span class="hint">{t("village.households_n", { n: groups[at]?.rows.length ?? 0 })}</span>
          </h2>
          <ul class="list">{group.rows.map((row) => <HouseholdLine key={row.document} row={row} />)}</ul>
        </section>
      ))}
    </section>
  );
}

/** Drawn again only when its row is another: as the list grows, the rows above stand. */
function HouseholdLine({ row }: { row: HouseholdRow }) {
  return useMemo(() => drawLine(row), [row, language.value]);
}

function drawLine(row: HouseholdRow) {
  const details = [
    row.number && t("village.number", { number: row.number }),
    row.address,
    t("village.children", { n: row.children }),
  ].filter(Boolean);
  return (
    <li class="household-line">
      <a class="row" href={`#/ho/${row.document}`}>
        <span class="row-text">
          <span class="row-title">{row.head || (row.number ? t("record.household_number", { number: row.number }) : t("record.household_new"))}</span>
          <span class="row-detail">{details.join(" · ")}</span>
          <span class="row-badges"><Badges row={row} /></span>
        </span>
        <Icon name="forward" />
      </a>
    </li>
  );
}

function Badges({ row }: { row: HouseholdRow }) {
  return (
    <>
      {row.withdrawn && <Badge icon="erase">{t("village.badge.withdrawn")}</Badge>}
      {row.draft !== null && <Badge tone="accent" icon="pen">{t("village.badge.draft")}</Badge>}
      {row.visited && <Badge tone="good" icon="check">{t("village.badge.visited")}</Badge>}
      {!row.visited && row.tried && <Badge icon="house">{t("village.badge.tried")}</Badge>}
      {row.special > 0 && <Badge tone="attention" icon="child">{t("village.badge.special", { n: row.special })}</Badge>}
      {row.sealed > 0 && <Badge icon="seal">{t("village.badge.sealed", { n: row.sealed })}</Badge>}
      {row.undecided > 0 && <Badge tone="attention" icon="two">{t("village.badge.undecided", { n: row.undecided })}</Badge>}
      {row.changed && <Badge tone="accent" icon="exchange">{t("village.badge.changed")}</Badge>}
      {row.refused > 0 && <Badge tone="bad" icon="alert">{t("village.badge.refused")}</Badge>}
      {row.unsent > 0 && <Badge icon="waiting">{t("village.badge.unsent")}</Badge>}
    </>
  );
}

/** Documents that a search found; null: nothing is searched for. The core folds accents and case. */
function useSearch(text: string): DocumentName[] | null {
  const session = useSession();
  const sought = useDeferred(text.trim(), 200);
  const revision = session.revision.value;
  const [found, setFound] = useState<DocumentName[] | null>(null);
  useEffect(() => {
    let current = true;
    if (sought === "") setFound(null);
    else session.core.call("search", { text: sought }).then((documents) => current && setFound(documents), () => undefined);
    return () => { current = false; };
  }, [session, sought, revision]);
  return text.trim() === "" ? null : found;
}

/** How many rows to draw: a screenful at once, the rest piece by piece while nothing else is to be done. */
function usePieces(total: number, what: string): number {
  const [drawn, setDrawn] = useState({ what, limit: FIRST_ROWS });
  const limit = drawn.what === what ? drawn.limit : FIRST_ROWS;
  useEffect(() => {
    if (limit >= total) return;
    const timer = setTimeout(() => setDrawn({ what, limit: limit + MORE_ROWS }), 50);
    return () => clearTimeout(timer);
  }, [limit, total, what]);
  return limit;
}
