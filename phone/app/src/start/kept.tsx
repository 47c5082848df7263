/** Stores that are no longer used: never deleted by the app, and to be taken to the office as a file. */
import { useAction } from "../app/call";
import { useCore } from "../app/session";
import type { KeptStore } from "../core/api";
import { announce } from "../parts/announce";
import { Button, Failure, List } from "../parts/layout";
import { t } from "../text";
import { bytesText, momentText } from "../text/format";
import { download } from "./download";

export function KeptStores({ kept }: { kept: KeptStore[] }) {
  const core = useCore();
  const take = useAction(async (name: string) => {
    download(await core.call("export_kept", { name }));
    announce(t("kept.exported"));
  });
  if (kept.length === 0) return null;
  return (
    <section class="stack">
      <h2>{t("kept.title")}</h2>
      <p>{t("kept.say")}</p>
      <List>
        {kept.map((store) => (
          <li key={store.name} class="kept">
            <p class="row-title">{t(`kept.${store.why}`)}</p>
            <p class="row-detail">{t("kept.detail", { at: momentText(store.at), size: bytesText(store.bytes) })}</p>
            <Button icon="download" busy={take.busy} onClick={() => void take.run(store.name)}>{t("kept.export")}</Button>
          </li>
        ))}
      </List>
      {take.error && <Failure error={take.error} />}
    </section>
  );
}
