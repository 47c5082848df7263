/** Cells of an official form as they are read: one number, or least and most where something is undecided. */
import type { Cell, FormTable } from "../core/api";

/** `3`, `3–5`; null where the office types the number in. */
export function cellRange(cell: Cell | null): [number] | [number, number] | null {
  if (cell === null) return null;
  return cell.least === cell.most ? [cell.least] : [cell.least, cell.most];
}

export type Line = FormTable["lines"][number];

/** Lines in which anything is counted, their headings above them: the short reading of a long form. */
export function countedLines(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  for (const [at, line] of lines.entries()) {
    if (isTitle(line)) {
      const end = lines.findIndex((other, index) => index > at && other.level <= line.level && !sameHeading(other, line));
      const below = lines.slice(at + 1, end === -1 ? undefined : end);
      if (below.some(isCounted)) kept.push(line);
    } else if (isCounted(line)) {
      kept.push(line);
    }
  }
  return kept;
}

/** A title that stands on the level of the lines it titles ("chia theo các loại sau") reaches to the next title. */
function sameHeading(line: Line, heading: Line): boolean {
  return !isTitle(line) && line.level === heading.level;
}

function isCounted(line: Line): boolean {
  return line.cells.some((cell) => cell !== null && cell.most > 0);
}

/** A row that only titles others: it has no numbers of its own. */
export function isTitle(line: Line): boolean {
  return line.heading && line.cells.every((cell) => cell === null);
}
