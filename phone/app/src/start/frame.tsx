import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The page around everything before the sổ is open. */
export function StartFrame(props: { title: string; subtitle?: string; children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${props.title} – Sổ Thôn`;
    // A new page begins at its heading, unless something on it, as the PIN, has asked for the focus first.
    const asked = first.current && main.current?.contains(document.activeElement);
    if (!asked) heading.current?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [props.title]);
  return (
    <main class="start" ref={main}>
      <header class="start-head">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <div>
          <h1 ref={heading} tabIndex={-1}>{props.title}</h1>
          {props.subtitle && <p>{props.subtitle}</p>}
        </div>
      </header>
      {props.children}
    </main>
  );
}
