/**
 * A phone becomes the collector's: the office's code, a name, a PIN, and the first load of the register.
 *
 * The store exists once the office has answered; until then every step may be repeated.
 */
import { useEffect, useState } from "preact/hooks";
import { useAction } from "../app/call";
import { linkedCode } from "../app/link";
import { go } from "../app/router";
import { useCore, useSession } from "../app/session";
import type { KeptStore, Phase } from "../core/api";
import { Button, Failure, Loading, Notice, Stepper } from "../parts/layout";
import { t } from "../text";
import { readCode } from "./code";
import { FirstLoad } from "./first_load";
import { StartFrame } from "./frame";
import { KeptStores } from "./kept";
import { NewPin } from "./new_pin";
import { Restore } from "./restore";

const STEPS = ["code", "name", "pin"] as const;
const LABEL_CHARS_MAX = 60;

export function Enrol({ why, kept }: { why: "new" | "lost" | "damaged"; kept: KeptStore[] }) {
  const session = useSession();
  const core = useCore();
  const [step, setStep] = useState(0);
  const [typed, setTyped] = useState("");
  const [label, setLabel] = useState("");
  const [pin, setPin] = useState<string | null>(null);
  const [restoring, setRestoring] = useState(false);
  const [enrolled, setEnrolled] = useState<{ phase: Phase; persisted: boolean } | null>(null);
  const code = readCode(typed);
  const linked = linkedCode.value;
  useEffect(() => {
    if (linked !== null) setTyped(readCode(linked).text);
  }, [linked]);

  const enrol = useAction(async () => {
    if (pin === null) return;
    // Asked for before there is anything to lose; the answer is shown either way.
    const persisted = await askToPersist();
    const phase = await core.call("enrol", { code: code.text, label: label.trim(), pin });
    linkedCode.value = null;
    setEnrolled({ phase, persisted });
  });

  async function begin(phase: Phase): Promise<void> {
    // Not where the sổ before it was left.
    go("/", { replace: true });
    await session.enter(phase);
  }
  if (enrolled) return <FirstLoad persisted={enrolled.persisted} onDone={() => void begin(enrolled.phase)} />;
  if (restoring) return <Restore onBack={() => setRestoring(false)} />;

  const name = STEPS[step] ?? "code";
  const ready = name === "code" ? code.complete : name === "name" ? label.trim() !== "" : pin !== null;
  function submit(event: Event): void {
    event.preventDefault();
    if (!ready) return;
    enrol.clear();
    if (step < STEPS.length - 1) setStep(step + 1);
    else void enrol.run();
  }

  return (
    <StartFrame title={t(`enrol.${name}.title`)} subtitle={t("app.name")}>
      {step === 0 && <Why why={why} />}
      <Stepper steps={STEPS.map((each) => t(`enrol.${each}.step`))} current={step} />
      <form class="stack" onSubmit={submit}>
        {name === "code" && <CodeStep typed={typed} onType={setTyped} />}
        {name === "name" && (
          <div class="field">
            <label class="field-label" for="enrol-label">{t("enrol.name.label")}</label>
            <p class="hint" id="enrol-label-hint">{t("enrol.name.hint")}</p>
            <input
              id="enrol-label"
              class="input"
              autoComplete="off"
              maxLength={LABEL_CHARS_MAX}
              value={label}
              aria-describedby="enrol-label-hint"
              onInput={(event) => setLabel(event.currentTarget.value)}
            />
          </div>
        )}
        {name === "pin" && (
          <>
            <Notice icon="lock" title={t("enrol.pin.why")}>
              <p>{t("enrol.pin.forget")}</p>
            </Notice>
            <NewPin onChange={setPin} />
            <Privacy />
          </>
        )}
        {enrol.busy && <Loading label={t("enrol.working")} />}
        {enrol.error && <Failure error={enrol.error} />}
        <div class="buttons">
          <Button kind="primary" type="submit" busy={enrol.busy} disabled={!ready}>
            {name === "pin" ? t("enrol.go") : t("continue")}
          </Button>
          {step > 0 && <Button disabled={enrol.busy} onClick={() => setStep(step - 1)}>{t("page.back")}</Button>}
        </div>
      </form>
      {step === 0 && (
        <>
          <KeptStores kept={kept} />
          <Button kind="quiet" onClick={() => setRestoring(true)}>{t("restore.open")}</Button>
        </>
      )}
    </StartFrame>
  );
}

function Why({ why }: { why: "new" | "lost" | "damaged" }) {
  if (why === "new") return <p>{t("enrol.welcome")}</p>;
  return (
    <Notice tone="attention" role="alert" title={t(`enrol.${why}.title`)}>
      <p>{t(`enrol.${why}.say`)}</p>
      <p>{t(`enrol.${why}.next`)}</p>
    </Notice>
  );
}

function CodeStep({ typed, onType }: { typed: string; onType: (text: string) => void }) {
  const { strange } = readCode(typed);
  return (
    <div class="field">
      <label class="field-label" for="enrol-code">{t("enrol.code.label")}</label>
      <p class="hint" id="enrol-code-hint">{t("enrol.code.hint")}</p>
      <input
        id="enrol-code"
        class="input code"
        autoComplete="off"
        autoCapitalize="characters"
        spellcheck={false}
        value={typed}
        placeholder="XXXX-XXXX-XXXX"
        aria-describedby="enrol-code-hint enrol-code-wrong"
        aria-invalid={strange.length > 0 ? "true" : undefined}
        onInput={(event) => {
          const { text } = readCode(event.currentTarget.value);
          event.currentTarget.value = text;
          onType(text);
        }}
      />
      {strange.length > 0 && (
        <p class="wrong" id="enrol-code-wrong" role="alert">{t("enrol.code.strange", { letters: strange.join(" ") })}</p>
      )}
    </div>
  );
}

function Privacy() {
  return (
    <details class="details">
      <summary>{t("privacy.title")}</summary>
      <ul class="bullets">
        <li>{t("privacy.what")}</li>
        <li>{t("privacy.where")}</li>
        <li>{t("privacy.who")}</li>
        <li>{t("privacy.sealed")}</li>
        <li>{t("privacy.rights")}</li>
      </ul>
    </details>
  );
}

/** Asks the system not to clear the sổ when space runs short. */
export async function askToPersist(): Promise<boolean> {
  try {
    return await navigator.storage.persist();
  } catch {
    return false;
  }
}
