/** The enrolment code of a link or QR code: read once, and taken out of the address bar and the history. */
import { signal } from "@preact/signals";
import { place } from "./router";

/** Not yet used. Kept in memory only. */
export const linkedCode = signal<string | null>(null);

/** The code in `#/ghi-danh?ma=CODE` or `#enrol=CODE`. */
export function codeIn(hash: string): string | null {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  if (path === "/ghi-danh") return new URLSearchParams(query).get("ma");
  return path.startsWith("enrol=") ? new URLSearchParams(path).get("enrol") : null;
}

export function watchLink(): void {
  const take = () => {
    const code = codeIn(location.hash);
    if (code === null) return;
    linkedCode.value = code;
    history.replaceState(history.state, "", location.pathname);
    place.value = { path: "/", query: new URLSearchParams() };
  };
  take();
  addEventListener("hashchange", take);
}
