/** An official form as a table that can be read on 320 px: lines keep their names while the columns move. */
import { useId, useMemo, useState } from "preact/hooks";
import type { Cell, FormTable } from "../core/api";
import { t } from "../text";
import { dateText } from "../text/format";
import { cellRange, countedLines, isTitle } from "./cells";

export function FormTableView({ table }: { table: FormTable }) {
  const id = useId();
  const [all, setAll] = useState(false);
  const lines = useMemo(() => (all ? table.lines : countedLines(table.lines)), [table, all]);
  return (
    <>
      <label class="check">
        <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
        {t("round.all_lines")}
      </label>
      <p class="hint">{t("round.range_hint")}</p>
      <p class="form-title" id={id} lang="vi">
        {t("round.caption", { form: table.form, title: table.title, village: table.village, from: dateText(table.from), as_of: dateText(table.as_of) })}
      </p>
      <div class="form-scroll" role="region" aria-labelledby={id} tabIndex={0}>
        <table class="form-table" lang="vi" aria-labelledby={id}>
          <thead>
            <tr>
              <th scope="col">{t("round.line")}</th>
              {table.columns.map((column) => (
                <th key={column.code} scope="col"><span class="column-code">({column.code})</span> {column.label}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.code} class={`level-${Math.min(line.level, 4)}`}>
                <th scope="row" colSpan={isTitle(line) ? table.columns.length + 1 : undefined}>
                  {line.number && <span class="line-number">{line.number}</span>} {line.label}
                </th>
                {!isTitle(line) && table.columns.map((column, at) => <CellView key={column.code} cell={line.cells[at] ?? null} />)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {lines.length === 0 && <p>{t("round.nothing_counted")}</p>}
    </>
  );
}

function CellView({ cell }: { cell: Cell | null }) {
  const range = cellRange(cell);
  if (range === null) return <td><span aria-hidden="true">…</span><span class="spoken">{t("round.typed_in")}</span></td>;
  if (range.length === 1) return <td>{range[0]}</td>;
  return (
    <td>
      <span aria-hidden="true">{range[0]}–{range[1]}</span>
      <span class="spoken">{t("round.from_to", { least: range[0], most: range[1] })}</span>
    </td>
  );
}
