/** The app itself: this phone, how it looks, how it locks, what it keeps. */
import { useSignal } from "@preact/signals";
import { useAction, useCall } from "../app/call";
import { IDLE_MINUTES, preferences, setLanguage, TEXT_SIZES, THEMES, type IdleMinutes, type TextSize, type Theme } from "../app/preferences";
import { useCore, useSession } from "../app/session";
import type { DeviceInfo } from "../core/api";
import { announce, Button, Facts, Failure, List, Loading, Notice, Page, RadioList, Row, Section, TextField } from "../parts";
import { download } from "../start/download";
import { askToPersist } from "../start/enrol";
import { KeptStores } from "../start/kept";
import { language, t } from "../text";
import { bytesText, momentText } from "../text/format";

const LABEL_CHARS_MAX = 60;

export function SettingsPage() {
  const session = useSession();
  const device = useCall("device", {});
  return (
    <Page title={t("nav.settings")} ready={device.data !== null}>
      <div class="buttons">
        <Button kind="primary" icon="lock" onClick={() => void session.lock()}>{t("settings.lock_now")}</Button>
      </div>
      <Look />
      <Section title={t("settings.safety")}>
        <List>
          <Row icon="lock" title={t("settings.pin")} detail={t("settings.pin.detail")} href="#/cai-dat/pin" />
        </List>
        <RadioList
          label={t("settings.idle")}
          options={IDLE_MINUTES.map((minutes) => ({ value: String(minutes), label: t("wait.minutes", { n: minutes }) }))}
          value={String(preferences.idleMinutes.value)}
          onSave={(chosen) => void (preferences.idleMinutes.value = Number(chosen) as IdleMinutes)}
        />
      </Section>
      {device.error && <Failure error={device.error} />}
      {device.data ? <Device device={device.data} reload={device.reload} /> : !device.error && <Loading />}
      <List>
        <Row icon="info" title={t("about.title")} href="#/cai-dat/gioi-thieu" />
      </List>
    </Page>
  );
}

function Look() {
  return (
    <Section title={t("settings.look")}>
      <RadioList
        label={t("settings.text_size")}
        options={TEXT_SIZES.map((size) => ({ value: String(size), label: t(`settings.text_size.${size}`) }))}
        value={String(preferences.textSize.value)}
        onSave={(chosen) => void (preferences.textSize.value = Number(chosen) as TextSize)}
      />
      <RadioList
        label={t("settings.theme")}
        options={THEMES.map((theme) => ({ value: theme, label: t(`settings.theme.${theme}`) }))}
        value={preferences.theme.value}
        onSave={(chosen) => void (preferences.theme.value = chosen as Theme)}
      />
      <RadioList
        label={t("settings.language")}
        options={[{ value: "vi", label: "Tiếng Việt" }, { value: "en", label: "English" }]}
        value={language.value}
        onSave={(chosen) => setLanguage(chosen === "en" ? "en" : "vi")}
      />
    </Section>
  );
}

function Device({ device, reload }: { device: DeviceInfo; reload: () => void }) {
  const core = useCore();
  const backup = useAction(async () => {
    download(await core.call("export_backup", {}));
    announce(t("backup.exported"));
  });
  return (
    <>
      <Section title={t("settings.device")}>
        <TextField
          label={t("settings.label")}
          hint={t("settings.label.hint")}
          value={device.label}
          max={LABEL_CHARS_MAX}
          check={(text) => (text.trim() === "" ? t("settings.label.empty") : null)}
          onSave={async (label) => void (await core.call("set_label", { label: label.trim() }))}
        />
        <Facts
          facts={[
            [t("settings.commune"), device.commune],
            [t("settings.villages"), device.villages.map((village) => village.name).join(", ")],
            [t("settings.households"), t("settings.households.n", { n: device.households })],
            [t("sync.last"), device.last_sync ? momentText(device.last_sync.at) : t("sync.last.never")],
            [t("settings.server"), device.server],
            [t("settings.device_id"), device.device],
          ]}
        />
      </Section>
      <Storage storage={device.storage} onAsked={reload} />
      <Section title={t("backup.title")} hint={t("backup.say")}>
        {backup.error && <Failure error={backup.error} />}
        <Button icon="download" busy={backup.busy} onClick={() => void backup.run()}>{t("backup.export")}</Button>
      </Section>
      <KeptStores kept={device.kept} />
    </>
  );
}

function Storage({ storage, onAsked }: { storage: DeviceInfo["storage"]; onAsked: () => void }) {
  const refused = useSignal(false);
  return (
    <Section title={t("storage.title")}>
      <Notice tone={storage.persisted ? "good" : "attention"} title={t(storage.persisted ? "storage.persisted" : "storage.not_persisted")}>
        <p>{t(storage.persisted ? "storage.persisted.say" : "storage.not_persisted.say")}</p>
        {refused.value && <p role="status">{t("storage.refused")}</p>}
        {!storage.persisted && (
          <Button
            onClick={async () => {
              refused.value = !(await askToPersist());
              onAsked();
            }}
          >
            {t("storage.ask")}
          </Button>
        )}
      </Notice>
      <Facts facts={[[t("storage.usage"), t("storage.usage.of", { usage: bytesText(storage.usage), quota: bytesText(storage.quota) })]]} />
    </Section>
  );
}
