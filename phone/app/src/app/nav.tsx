/** The bottom bar: the four parts of the app. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "../parts/icons";
import { t, type Key } from "../text";
import type { Tab } from "./screens";

const TABS: [tab: Tab, href: string, icon: IconName, label: Key][] = [
  ["village", "#/", "house", "nav.village"],
  ["round", "#/dot", "round", "nav.round"],
  ["sync", "#/gui-nhan", "exchange", "nav.sync"],
  ["settings", "#/cai-dat", "settings", "nav.settings"],
];

export function Nav({ current }: { current: Tab }) {
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      <ul>
        {TABS.map(([tab, href, icon, label]) => (
          <li key={tab}>
            <a href={href} aria-current={tab === current ? "page" : undefined}>
              <Icon name={icon} />
              {t(label)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Tells the pages how much of the screen's end is covered. */
export function useCoveredHeight() {
  const bottom = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = bottom.current;
    if (!element) return;
    const root = document.documentElement;
    const measure = () => {
      const covers = getComputedStyle(element).position === "fixed";
      root.style.setProperty("--nav-height", covers ? `${element.offsetHeight}px` : "0px");
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(root);
    return () => observer.disconnect();
  }, []);
  return bottom;
}
