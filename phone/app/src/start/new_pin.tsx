/** Choosing a PIN: twice, with a word about its strength while it is typed. */
import { useEffect, useState } from "preact/hooks";
import { useCore } from "../app/session";
import type { PinWeakness } from "../core/api";
import { Icon } from "../parts/icons";
import { t } from "../text";
import { PinInput } from "./pin_input";

const LOOK_AFTER_MS = 250;

/** Calls `onChange` with the PIN once it is strong enough and typed twice alike, otherwise with null. */
export function NewPin({ onChange }: { onChange: (pin: string | null) => void }) {
  const core = useCore();
  const [pin, setPin] = useState("");
  const [again, setAgain] = useState("");
  /** undefined: not looked at yet. */
  const [weakness, setWeakness] = useState<PinWeakness | null | undefined>(undefined);

  useEffect(() => {
    setWeakness(undefined);
    if (pin === "") return;
    let current = true;
    const timer = setTimeout(() => {
      core.call("check_pin", { pin }).then(
        (found) => current && setWeakness(found.weakness),
        () => undefined,
      );
    }, LOOK_AFTER_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [pin]);

  useEffect(() => {
    onChange(weakness === null && pin === again ? pin : null);
  }, [weakness, pin, again]);

  const differ = again.length >= pin.length && again !== pin;
  return (
    <>
      <PinInput label={t("pin.new")} hint={t("pin.new.hint")} value={pin} onChange={setPin} />
      <p class={weakness === null ? "pin-good" : "hint"} role="status">
        {weakness === null && <Icon name="check" />}
        {weakness === null ? t("pin.strong") : weakness && pin !== "" ? t(`pin.weak.${weakness}`) : ""}
      </p>
      <PinInput label={t("pin.again")} value={again} onChange={setAgain} wrong={differ ? t("pin.differ") : null} />
    </>
  );
}
