/** What was recorded by mistake: begun in this visit it is taken back, recorded before it is withdrawn and kept. */
import { useAction } from "../app/call";
import type { Container, Entity } from "../core/api";
import { Button, Card, ConfirmButton, Failure } from "../parts";
import { t } from "../text";
import { isWithdrawn } from "./steps";
import { useWriting } from "./writing";

export function Mistake({ container, entity, what }: { container: Container; entity: Entity; what: string }) {
  const { set, remove } = useWriting();
  const run = useAction(() => (entity.draft ? remove(container, entity.id) : set(container, entity.id, "withdrawn", true)));
  return (
    <>
      {run.error && <Failure error={run.error} />}
      {entity.draft ? (
        <Button kind="quiet" icon="undo" busy={run.busy} onClick={() => void run.run()}>{t("visit.take_back")}</Button>
      ) : (
        <ConfirmButton
          kind="quiet"
          icon="erase"
          busy={run.busy}
          title={t("visit.mistake_title", { name: what })}
          explain={<p>{t("visit.mistake_hold_explain")}</p>}
          confirm={t("visit.mistake_confirm")}
          onConfirm={() => void run.run()}
        >
          {t("visit.mistake_hold")}
        </ConfirmButton>
      )}
    </>
  );
}

/** What this visit withdrew, and the way to have it back. */
export function Withdrawn({ container, entities, name }: { container: Container; entities: Entity[]; name: (entity: Entity) => string }) {
  const { restore } = useWriting();
  const back = useAction((entity: Entity) => restore(container, entity.id, "withdrawn"));
  const shown = entities.filter((entity) => isWithdrawn(entity) && entity.fields["withdrawn"]?.draft);
  if (shown.length === 0) return null;
  return (
    <Card icon="erase" title={t("visit.withdrawn_now")}>
      {back.error && <Failure error={back.error} />}
      {shown.map((entity) => (
        <Button key={entity.id} kind="quiet" icon="undo" busy={back.busy} onClick={() => void back.run(entity)}>
          {t("visit.have_back", { what: name(entity) })}
        </Button>
      ))}
    </Card>
  );
}
