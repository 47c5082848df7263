import type { Phase } from "../core/api";
import { Loading } from "../parts/layout";
import { t } from "../text";
import { Broken } from "./broken";
import { StartFrame } from "./frame";

/** What is shown while the store is not open. */
export function Start({ phase }: { phase: Phase | null }) {
  if (phase === null) return <StartFrame title="Sổ Thôn"><Loading label={t("start.loading")} /></StartFrame>;
  return <Broken code={phase.phase} />;
}
