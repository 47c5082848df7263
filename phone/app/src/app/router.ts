/**
 * Hash routes: the place is behind `#`, so it never reaches the server, works offline, and the phone's own
 * back button walks it. It carries opaque ids only, never a person's data.
 */
import { signal } from "@preact/signals";

export type RouteParams = Record<string, string>;

/** Where the user is: `/ho/abc` and what follows `?`. */
export const place = signal(read());
/** How many of our own places lie behind this one. */
let depth = 0;
/** Set while the browser walks back, which takes it a moment: where to go on to once it is there. */
let returning: { then: (() => void) | null } | null = null;
const scrolls = new Map<string, number>();

export interface Place {
  path: string;
  query: URLSearchParams;
}

function read(): Place {
  const [path = "", query = ""] = location.hash.slice(1).split("?", 2);
  return { path: path.startsWith("/") ? path : "/", query: new URLSearchParams(query) };
}

let leaving = key();
addEventListener("hashchange", () => {
  leaving = key();
  place.value = read();
});
// Comes before `hashchange`, also when a link was followed: then the place is a new one and bears no depth yet.
addEventListener("popstate", () => {
  countDepth(depth + 1);
  const then = returning?.then;
  returning = null;
  if (then) queueMicrotask(then);
});
countDepth(0);
addEventListener("scroll", () => scrolls.set(leaving, scrollY), { passive: true });

function countDepth(ofNew: number): void {
  const known = (history.state as { depth?: number } | null)?.depth;
  depth = known ?? ofNew;
  if (known === undefined) history.replaceState({ depth }, "");
}

function key(): string {
  return location.hash;
}

export function go(path: string, how: { replace?: boolean } = {}): void {
  if (returning) {
    // A place pushed now would be the one that the browser leaves again.
    returning.then = () => go(path, how);
    return;
  }
  if (how.replace) {
    history.replaceState({ depth }, "", `#${path}`);
  } else {
    depth += 1;
    history.pushState({ depth }, "", `#${path}`);
  }
  leaving = key();
  scrolls.delete(leaving);
  place.value = read();
}

/** One place back, or to `fallback` where the app was opened right here. */
export function back(fallback: string): void {
  if (depth > 0) {
    returning = { then: null };
    history.back();
  } else {
    go(fallback, { replace: true });
  }
}

/** Whether the user is still there or further in: what took its time calls nobody back who went on meanwhile. */
export function isIn(path: string): boolean {
  return place.value.path === path || place.value.path.startsWith(`${path}/`);
}

/** Where a place that is come back to was scrolled to; 0 for one that is new. */
export function rememberedScroll(): number {
  return scrolls.get(key()) ?? 0;
}

/** The parameters of `/ho/:document` in a path, or null where it does not fit. */
export function match(pattern: string, path: string): RouteParams | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: RouteParams = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) {
      if (value === "") return null;
      params[part.slice(1)] = decodePart(value);
    } else if (part !== value) {
      return null;
    }
  }
  return params;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
