/** How the list was being looked at, while the app runs: coming back from a household finds it as it was left. */
import { signal } from "@preact/signals";
import type { Filter } from "./rows";

export const remembered = {
  /** Code of the village shown; unknown codes mean the first. */
  village: signal(""),
  text: signal(""),
  filters: signal<ReadonlySet<Filter>>(new Set()),
};
