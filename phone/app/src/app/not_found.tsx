import { ButtonLink, EmptyState, Page } from "../parts";
import { t } from "../text";

export function NotFound() {
  return (
    <Page title={t("not_found.title")} back="/">
      <EmptyState title={t("not_found.say")}>
        <ButtonLink kind="primary" href="#/">{t("nav.village")}</ButtonLink>
      </EmptyState>
    </Page>
  );
}
