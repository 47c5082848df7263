import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The page around everything before the sổ is open. */
export function StartFrame(props: { title: string; subtitle?: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} – Sổ Thôn`;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [props.title]);
  return (
    <main class="start">
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
