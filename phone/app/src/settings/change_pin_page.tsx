import { useState } from "preact/hooks";
import { useAction } from "../app/call";
import { back, isIn } from "../app/router";
import { useCore } from "../app/session";
import { announce, Button, Failure, Notice, Page } from "../parts";
import { NewPin } from "../start/new_pin";
import { PinInput } from "../start/pin_input";
import { t } from "../text";

/** Another PIN for the same store. */
export function ChangePinPage() {
  const core = useCore();
  const [old, setOld] = useState("");
  const [pin, setPin] = useState<string | null>(null);
  const change = useAction(async () => {
    if (pin === null) return;
    await core.call("change_pin", { old, pin });
    announce(t("pin.changed"));
    if (isIn("/cai-dat/pin")) back("/cai-dat");
  });
  return (
    <Page title={t("settings.pin")} back="/cai-dat">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void change.run();
        }}
      >
        <Notice icon="lock" title={t("enrol.pin.why")}>
          <p>{t("enrol.pin.forget")}</p>
        </Notice>
        <PinInput label={t("pin.old")} value={old} onChange={setOld} />
        <NewPin onChange={setPin} />
        {change.error && <Failure error={change.error} />}
        <Button kind="primary" type="submit" busy={change.busy} disabled={pin === null || old === ""}>{t("pin.change")}</Button>
      </form>
    </Page>
  );
}
