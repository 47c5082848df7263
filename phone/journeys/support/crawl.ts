/** Every kind of page and every kind of file that an officer can reach by following links. */

import type { Page } from "@playwright/test";

/** Something that an address gave to keep. */
export interface Given {
  address: string;
  name: string;
  bytes: Buffer;
}

/** More kinds of pages than the console has. */
const KINDS_MAX = 120;

/** What is alike in addresses that lead to the same kind of page: ids, codes, days and places are left out. */
function kindOf(address: URL): string {
  const isName = /^([0-9a-f]{16,}|\d+|I+V?(\.[\d.-]+)?)$/;
  const path = address.pathname.split("/").map((part) => (isName.test(part) ? "*" : part)).join("/");
  const telling = ["kind", "format", "part"].map((name) => address.searchParams.get(name) ?? "");
  return [path.replace(/0[12]-TE(?=\/file)/, "03-TE"), ...telling].join(" ");
}

/** Follows links from `start`, one of each kind; `look` is called with the page open. Gives the files. */
export async function crawl(page: Page, starts: string[], look: (page: Page) => Promise<void>): Promise<Given[]> {
  const known = new Set<string>();
  const waiting: URL[] = [];
  const files: Given[] = [];
  const origin = new URL(page.url()).origin;
  const add = (href: string, from: string): void => {
    const address = new URL(href, from);
    address.hash = "";
    const isOurs = address.origin === origin && /^\/office(\/|$)/.test(address.pathname);
    if (!isOurs || known.has(kindOf(address)) || known.size >= KINDS_MAX) return;
    known.add(kindOf(address));
    waiting.push(address);
  };
  for (const start of starts) add(start, origin);
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const answer = await page.request.get(next.href);
    const given = /filename="([^"]+)"/.exec(answer.headers()["content-disposition"] ?? "");
    if (answer.status() >= 500) throw new Error(`${next.pathname}: ${answer.status()}`);
    if (given) {
      files.push({ address: next.pathname + next.search, name: given[1] ?? "", bytes: await answer.body() });
      continue;
    }
    if (!(answer.headers()["content-type"] ?? "").startsWith("text/html")) continue;
    await page.goto(next.href);
    await look(page);
    const hrefs = await page.locator("a[href]").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    for (const href of hrefs) add(href, next.href);
  }
  return files;
}
