/** What is shown while the store is not open: a page for each phase. */
import type { Phase } from "../core/api";
import { useAction } from "../app/call";
import { useCore, useSession } from "../app/session";
import { Button, Failure, Loading, Notice } from "../parts/layout";
import { t } from "../text";
import { Broken } from "./broken";
import { Enrol } from "./enrol";
import { StartFrame } from "./frame";
import { Lock } from "./lock";

export function Start({ phase }: { phase: Phase | null }) {
  switch (phase?.phase) {
    case undefined:
    case "open":
      return (
        <StartFrame title={t("app.name")}>
          <Loading label={t("start.loading")} />
        </StartFrame>
      );
    case "unsupported":
      return <Unsupported missing={phase.missing} />;
    case "broken":
      return <Broken code={phase.code} />;
    case "elsewhere":
      return <Elsewhere />;
    case "new":
      return <Enrol why={phase.lost ? "lost" : "new"} kept={phase.kept} />;
    case "damaged":
      return <Enrol why="damaged" kept={phase.kept} />;
    case "locked":
      return <Lock phase={phase} />;
  }
}

function Unsupported({ missing }: { missing: (keyof typeof LACKS)[] }) {
  return (
    <StartFrame title={t("unsupported.title")}>
      <Notice tone="attention" role="alert" title={t("unsupported.say")}>
        <p>{t("unsupported.browser")}</p>
        <p>{t("unsupported.private")}</p>
      </Notice>
      <section class="stack">
        <h2>{t("unsupported.missing")}</h2>
        <ul class="bullets">
          {missing.map((lack) => <li key={lack}>{t(LACKS[lack])}</li>)}
        </ul>
      </section>
      <Button kind="primary" onClick={() => location.reload()}>{t("try_again")}</Button>
    </StartFrame>
  );
}

const LACKS = {
  opfs: "unsupported.opfs",
  worker: "unsupported.worker",
  wasm: "unsupported.wasm",
  locks: "unsupported.locks",
  crypto: "unsupported.crypto",
  secure: "unsupported.secure",
} as const;

function Elsewhere() {
  const session = useSession();
  const core = useCore();
  const take = useAction(async () => session.enter(await core.call("take_over", {})));
  return (
    <StartFrame title={t("elsewhere.title")}>
      <Notice title={t("elsewhere.say")}>
        <p>{t("elsewhere.safe")}</p>
      </Notice>
      {take.error && <Failure error={take.error} />}
      <Button kind="primary" busy={take.busy} onClick={() => void take.run()}>{t("elsewhere.take")}</Button>
    </StartFrame>
  );
}
