import { Facts, Page, Section } from "../parts";
import { t } from "../text";

declare const __VERSION__: string;

export function AboutPage() {
  return (
    <Page title={t("about.title")} back="/cai-dat">
      <p>{t("about.say")}</p>
      <Facts facts={[[t("about.version"), __VERSION__], [t("about.licence"), "AGPL-3.0"]]} />
      <Section title={t("privacy.title")}>
        <ul class="bullets">
          <li>{t("privacy.what")}</li>
          <li>{t("privacy.where")}</li>
          <li>{t("privacy.who")}</li>
          <li>{t("privacy.sealed")}</li>
          <li>{t("privacy.rights")}</li>
        </ul>
      </Section>
      <Section title={t("about.parts")} hint={t("about.parts.say")}>
        <ul class="bullets">
          <li>Automerge (MIT)</li>
          <li>SQLite, SQLite3 Multiple Ciphers (public domain, MIT)</li>
          <li>Preact, Preact Signals, Workbox (MIT)</li>
        </ul>
      </Section>
    </Page>
  );
}
