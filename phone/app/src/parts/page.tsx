/** The frame of one screen: its title, the way back, the state of sending, the urgent report, its content. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { StateLine } from "../app/state_line";
import { back, place, rememberedScroll } from "../app/router";
import { t } from "../text";
import { Icon } from "./icons";

export interface PageProps {
  title: string;
  /** Said under the title: which household, which step. */
  subtitle?: string;
  /** Where the way back leads when there is nothing behind; none: no button. */
  back?: string;
  /** Instead of going back. */
  onBack?: () => void;
  /** Beside the title. */
  tools?: ComponentChildren;
  /** Whether the content is there: then a page that was come back to is scrolled to where it was. */
  ready?: boolean;
  /** On screens of the urgent report itself. */
  withoutUrgent?: boolean;
  /** What to tell the urgent report about where it was called from. */
  about?: { document: string; person?: string };
  children: ComponentChildren;
}

export function Page(props: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const ready = props.ready ?? true;
  const path = place.value.path;

  useEffect(() => {
    document.title = `${props.title} – Sổ Thôn`;
  }, [props.title]);
  // A new place begins at its heading, so that a screen reader says where one is.
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, [path]);
  useLayoutEffect(() => {
    if (ready) scrollTo(0, rememberedScroll());
  }, [path, ready]);

  const goBack = props.onBack ?? (props.back !== undefined ? () => back(props.back ?? "/") : null);
  const urgent = props.about
    ? `#/khan-cap?ho=${props.about.document}${props.about.person ? `&nguoi=${props.about.person}` : ""}`
    : "#/khan-cap";

  return (
    <div class="page">
      <header class="page-header">
        <div class="page-bar">
          {goBack && (
            <button type="button" class="icon-button" onClick={goBack} aria-label={t("page.back")}>
              <Icon name="back" />
            </button>
          )}
          <div class="page-title">
            <h1 ref={heading} tabIndex={-1}>{props.title}</h1>
            {props.subtitle && <p>{props.subtitle}</p>}
          </div>
          {props.tools}
          {!props.withoutUrgent && (
            <a class="urgent-button" href={urgent} aria-label={t("urgent.open")}>
              <Icon name="urgent" />
              <span>{t("urgent.short")}</span>
            </a>
          )}
        </div>
        <StateLine />
      </header>
      <main class="page-main">{props.children}</main>
    </div>
  );
}

/** The page's main actions, always within reach of the thumb. The last child is the strongest. */
export function ActionBar({ children }: { children: ComponentChildren }) {
  return <div class="action-bar">{children}</div>;
}
