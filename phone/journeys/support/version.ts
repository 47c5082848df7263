/** Another build of the app: the same one, except for what its pages call a tab. */

import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { APP } from "./office.ts";

/** What the newer version calls “Thôn của tôi”. */
export const NEW_TAB = "Thôn của tôi (bản mới)";

/**
 * Writes a newer version into a folder, as a build would have made it: the changed script has another name, the
 * page that names it another revision, and so the service worker has another list of files.
 */
export function newerVersion(folder: string): string {
  cpSync(APP, folder, { recursive: true });
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    // Compressed forms of what is changed here would be those of the old content.
    if (/\.(br|gz)$/.test(name)) rmSync(join(folder, name));
  }
  const assets = readdirSync(join(folder, "assets"));
  const main = only(assets, /^index-.*\.js$/);
  const renamed = main.replace("index-", "index-newer-");
  edit(join(folder, "assets", main), (text) => replaced(text, /Thôn của tôi/g, NEW_TAB));
  renameSync(join(folder, "assets", main), join(folder, "assets", renamed));
  for (const script of assets.filter((name) => name.endsWith(".js") && name !== main)) {
    edit(join(folder, "assets", script), (text) => text.replaceAll(main, renamed));
  }
  const page = join(folder, "index.html");
  edit(page, (text) => replaced(text, new RegExp(main, "g"), renamed));
  const revision = createHash("md5").update(readFileSync(page)).digest("hex");
  edit(join(folder, "sw.js"), (text) =>
    replaced(
      replaced(text, /"revision":"[0-9a-f]+","url":"index\.html"/, `"revision":"${revision}","url":"index.html"`),
      new RegExp(main, "g"),
      renamed,
    ),
  );
  return folder;
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

/** A build of another shape is no newer version: said at once, not by an update that never comes. */
function replaced(text: string, what: RegExp, by: string): string {
  const changed = text.replace(what, by);
  if (changed === text) throw new Error(`the build has no ${what}`);
  return changed;
}

function only(names: string[], what: RegExp): string {
  const [name, ...more] = names.filter((name) => what.test(name));
  if (name === undefined || more.length > 0) throw new Error(`the build has not one ${what}`);
  return name;
}
