/** The closed sổ: the PIN, the wait after wrong ones, sending without it, and what to do when it is forgotten. */
import { useEffect, useState } from "preact/hooks";
import { useAction } from "../app/call";
import { asCoreError, useCore, useSession } from "../app/session";
import type { Outbox, Phase } from "../core/api";
import { ConfirmButton } from "../parts/dialog";
import { Button, Failure, Notice } from "../parts/layout";
import { t } from "../text";
import { momentText, waitText } from "../text/format";
import { ChildLine } from "../urgent/numbers";
import { KeptStores } from "./kept";
import { StartFrame } from "./frame";
import { PinInput } from "./pin_input";

type Locked = Extract<Phase, { phase: "locked" }>;

export function Lock({ phase }: { phase: Locked }) {
  const session = useSession();
  const core = useCore();
  const [pin, setPin] = useState("");
  const [wait, setWait] = useCountdown(phase.wait);
  const unlock = useAction(async () => {
    try {
      await session.enter(await core.call("unlock", { pin }));
    } catch (failure) {
      const error = asCoreError(failure);
      setPin("");
      setWait(Number(error.params?.["wait"] ?? 0));
      throw failure;
    }
  });
  const forget = useAction(async () => session.enter(await core.call("forget_pin", {})));

  return (
    <StartFrame title={t("lock.title")} subtitle={phase.label}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (wait === 0 && pin !== "") void unlock.run();
        }}
      >
        <PinInput
          label={t("pin.label")}
          value={pin}
          keys
          autoFocus
          disabled={unlock.busy || wait > 0}
          onChange={(next) => {
            unlock.clear();
            setPin(next);
          }}
        />
        {wait > 0 ? (
          <Notice tone="attention" role="status" title={t("lock.wait", { wait: waitText(wait) })}>
            <p>{t("lock.wait.say")}</p>
          </Notice>
        ) : (
          unlock.error && <Failure error={unlock.error} />
        )}
        <Button kind="primary" icon="lock" type="submit" busy={unlock.busy} disabled={wait > 0}>
          {unlock.busy ? t("lock.opening") : t("lock.open")}
        </Button>
      </form>
      <Letter outbox={phase.outbox} />
      <ChildLine />
      <details class="details">
        <summary>{t("lock.forgotten")}</summary>
        <div class="stack">
          <p>{t("lock.forgotten.say")}</p>
          <p>{t("lock.forgotten.unsent")}</p>
          <p>{t("lock.forgotten.kept")}</p>
          {forget.error && <Failure error={forget.error} />}
          <ConfirmButton
            kind="danger"
            busy={forget.busy}
            title={t("lock.forgotten.sure")}
            explain={<p>{t("lock.forgotten.explain")}</p>}
            confirm={t("lock.forgotten.go")}
            onConfirm={() => void forget.run()}
          >
            {t("lock.forgotten.go")}
          </ConfirmButton>
        </div>
      </details>
      <KeptStores kept={phase.kept} />
    </StartFrame>
  );
}

/** Signed work that waits for the office: sent from here without the PIN, and unreadable to whoever sends it. */
function Letter({ outbox }: { outbox: Outbox }) {
  const core = useCore();
  const [sent, setSent] = useState<Outbox | null>(null);
  const send = useAction(async () => setSent(await core.call("send_outbox", {})));
  const letter = sent ?? outbox;
  if (letter.changes + letter.reports === 0) return null;
  if (letter.delivered_at !== null) {
    return (
      <Notice tone="good" role="status" title={t("letter.delivered", { at: momentText(letter.delivered_at) })}>
        <p>{t("letter.delivered.say")}</p>
      </Notice>
    );
  }
  return (
    <Notice tone={letter.reports > 0 ? "attention" : "plain"} icon="waiting" title={t("letter.waiting", { n: letter.changes + letter.reports })}>
      {letter.reports > 0 && <p>{t("letter.reports", { n: letter.reports })}</p>}
      <p>{t("letter.say")}</p>
      {send.error && <Failure error={send.error} />}
      <Button icon="exchange" busy={send.busy} onClick={() => void send.run()}>{send.busy ? t("letter.sending") : t("letter.send")}</Button>
    </Notice>
  );
}

/** Seconds that are left, counted down. */
function useCountdown(from: number): [number, (seconds: number) => void] {
  const [until, setUntil] = useState(() => Date.now() + from * 1000);
  const [left, setLeft] = useState(from);
  useEffect(() => {
    const look = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    look();
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, [until]);
  return [left, (seconds) => setUntil(Date.now() + seconds * 1000)];
}
