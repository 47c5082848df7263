/** Every screen behind the PIN: its place, which tab it belongs to, and what draws it. */
import type { ComponentType } from "preact";
import type { RouteParams } from "./router";

export type Tab = "village" | "round" | "sync" | "settings";

export interface Screen {
  /** `/ho/:document` */
  path: string;
  /** null: the bottom bar is not shown, so that nothing distracts. */
  tab: Tab | null;
  view: ComponentType<{ params: RouteParams }>;
  /** Places of one name are one page: it stays, and only its parameters change. */
  steady?: string;
  /** A visit is under way here: no update is offered. */
  uninterrupted?: boolean;
}

/** Each folder of screens has a `routes.tsx` whose `screens` are all of its own. */
const folders = import.meta.glob<{ screens: Screen[] }>("../*/routes.tsx", { eager: true });

export const screens: Screen[] = Object.values(folders).flatMap((folder) => folder.screens);
