/** The small parts of every screen. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import type { CoreError } from "../core/api";
import { errorText, t } from "../text";
import { Icon, type IconName } from "./icons";

type Children = { children: ComponentChildren };

/** A part of a page under its own heading. */
export function Section(props: { title: string; hint?: string; tools?: ComponentChildren } & Children) {
  const id = useId();
  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>{props.title}</h2>
        {props.tools}
      </div>
      {props.hint && <p class="hint">{props.hint}</p>}
      {props.children}
    </section>
  );
}

export type Tone = "plain" | "good" | "attention" | "bad" | "accent";

export function Card(props: { tone?: Tone; title?: string; icon?: IconName } & Children) {
  return (
    <div class={`card card-${props.tone ?? "plain"}`}>
      {props.title && (
        <p class="card-title">
          {props.icon && <Icon name={props.icon} />}
          {props.title}
        </p>
      )}
      {props.children}
    </div>
  );
}

/** A word about something's state; the icon and the word carry the meaning, the colour only helps. */
export function Badge(props: { tone?: Tone; icon?: IconName } & Children) {
  return (
    <span class={`badge badge-${props.tone ?? "plain"}`}>
      {props.icon && <Icon name={props.icon} />}
      {props.children}
    </span>
  );
}

export function List({ children, label }: Children & { label?: string }) {
  return <ul class="list" aria-label={label}>{children}</ul>;
}

/** A line of a list: a link, a button, or plain. */
export function Row(props: {
  title: ComponentChildren;
  detail?: ComponentChildren;
  badges?: ComponentChildren;
  icon?: IconName;
  href?: string;
  onClick?: () => void;
}) {
  const content = (
    <>
      {props.icon && <Icon name={props.icon} />}
      <span class="row-text">
        <span class="row-title">{props.title}</span>
        {props.detail && <span class="row-detail">{props.detail}</span>}
        {props.badges && <span class="row-badges">{props.badges}</span>}
      </span>
      {(props.href ?? props.onClick) && <Icon name="forward" />}
    </>
  );
  return (
    <li>
      {props.href ? (
        <a class="row" href={props.href}>{content}</a>
      ) : props.onClick ? (
        <button type="button" class="row" onClick={props.onClick}>{content}</button>
      ) : (
        <div class="row">{content}</div>
      )}
    </li>
  );
}

/** Names and values, one under another. */
export function Facts({ facts }: { facts: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

export function Button({ kind = "plain", icon, busy, children, ...rest }: {
  kind?: ButtonKind;
  icon?: IconName;
  /** Under way: pressing again does nothing, and the button keeps its focus. */
  busy?: boolean;
} & Children & Omit<JSX.IntrinsicElements["button"], "icon">) {
  return (
    <button type="button" {...rest} class={`button button-${kind}`} aria-busy={busy} onClick={busy ? undefined : rest.onClick}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

export function ButtonLink({ kind = "plain", icon, href, children }: { kind?: ButtonKind; icon?: IconName; href: string } & Children) {
  return (
    <a href={href} class={`button button-${kind}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

export function Notice(props: { tone?: Tone; icon?: IconName; title?: string; role?: "alert" | "status" } & Children) {
  const icon = props.icon ?? (props.tone === "bad" || props.tone === "attention" ? "alert" : props.tone === "good" ? "check" : "info");
  return (
    <div class={`notice notice-${props.tone ?? "plain"}`} role={props.role}>
      <Icon name={icon} />
      <div>
        {props.title && <p class="notice-title">{props.title}</p>}
        {props.children}
      </div>
    </div>
  );
}

/** What failed and the next step, said aloud. */
export function Failure({ error, children }: { error: CoreError; children?: ComponentChildren }) {
  const { say, next } = errorText(error);
  return (
    <Notice tone="bad" role="alert" title={say}>
      <p>{next}</p>
      {children}
    </Notice>
  );
}

/** `value` of `max`; without `max` it only moves. */
export function ProgressBar(props: { label: string; value?: number; max?: number | null; text?: string }) {
  const id = useId();
  const known = props.max !== undefined && props.max !== null && props.max > 0;
  return (
    <div class="progress">
      <div class="progress-words">
        <label for={id}>{props.label}</label>
        {props.text && <span>{props.text}</span>}
      </div>
      {known ? <progress id={id} value={props.value ?? 0} max={props.max ?? 1} /> : <progress id={id} />}
    </div>
  );
}

/** Where one is among a few steps: a bar for the eye, words for everybody. */
export function Stepper(props: { steps: string[]; current: number; onChoose?: (index: number) => void }) {
  return (
    <nav class="stepper" aria-label={t("stepper.label")}>
      <ol>
        {props.steps.map((step, index) => {
          const state = index < props.current ? "done" : index === props.current ? "current" : "ahead";
          const label = t("stepper.step", { n: index + 1, total: props.steps.length, step });
          return (
            <li key={step} class={state} aria-current={state === "current" ? "step" : undefined}>
              {props.onChoose ? (
                <button type="button" aria-label={label} onClick={() => props.onChoose?.(index)}><span /></button>
              ) : (
                <span class="stepper-mark" role="img" aria-label={label}><span /></span>
              )}
            </li>
          );
        })}
      </ol>
      <p aria-hidden="true">{t("stepper.step", { n: props.current + 1, total: props.steps.length, step: props.steps[props.current] ?? "" })}</p>
    </nav>
  );
}

export function EmptyState(props: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={props.icon ?? "info"} />
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}

export function Loading({ label }: { label?: string }) {
  return <p class="loading" role="status">{label ?? t("loading")}</p>;
}
