import { beforeEach, expect, it, vi } from "vitest";
import { outbox, send } from "./letters";
import { Cut, type Reply } from "./line";
import type { Letter, Shelved } from "./shelf";

const shelf = vi.hoisted(() => ({ stores: [] as { name: string; kept: unknown }[], letters: [] as Letter[] }));
const replies = vi.hoisted(() => [] as (Reply | "cut")[]);

vi.mock("./shelf", () => ({
  stores: async () => shelf.stores as Shelved[],
  letters: async () => [...shelf.letters],
  delivered: async (letter: Letter, at: number) => {
    shelf.letters = shelf.letters.map((each) => (each.name === letter.name ? { ...each, delivered_at: at } : each));
  },
}));
vi.mock("./line", async (original) => ({
  ...(await original<typeof import("./line")>()),
  post: async () => {
    const reply = replies.shift();
    if (reply === undefined) throw new Error("nothing was to be sent");
    if (reply === "cut") throw new Cut();
    return reply;
  },
}));

const PROTOCOL = "application/vnd.sothon.exchange+cbor";
const answer = (media: string): Reply => ({ kind: "message", media, body: new Uint8Array() });
const letter = (name: string, changes: number, delivered_at: number | null = null): Letter =>
  ({ name, bytes: new Uint8Array([1]), changes, reports: 0, sealed_at: 100 + changes, delivered_at });

beforeEach(() => {
  shelf.stores = [{ name: "old", kept: { why: "forgotten", at: 1 } }, { name: "new", kept: null }];
  shelf.letters = [];
  replies.length = 0;
});

it("what waits is told before what has arrived, of whichever sổ", async () => {
  expect(await outbox()).toEqual({ changes: 0, reports: 0, sealed_at: null, delivered_at: null });
  shelf.letters = [letter("old", 2), letter("new", 3, 500)];
  expect(await outbox()).toEqual({ changes: 2, reports: 0, sealed_at: 102, delivered_at: null });
});

it("once everything has arrived, only the letter of the sổ in use is told", async () => {
  shelf.letters = [letter("old", 2, 900), letter("new", 3, 500)];
  expect(await outbox()).toEqual({ changes: 3, reports: 0, sealed_at: 103, delivered_at: 500 });
  shelf.letters = [letter("old", 2, 900)];
  expect(await outbox()).toEqual({ changes: 0, reports: 0, sealed_at: null, delivered_at: null });
});

it("a letter is sent once, and only the office's own answer confirms it", async () => {
  shelf.letters = [letter("old", 2), letter("new", 3, 500)];
  replies.push(answer("text/html"));
  await expect(send(() => 700)).rejects.toEqual({ code: "answer_malformed" });
  replies.push("cut");
  await expect(send(() => 700)).rejects.toEqual({ code: "connection_cut" });
  replies.push({ kind: "problem", code: "device_revoked", mayPass: false, retryAfterMs: 0, chain: null });
  await expect(send(() => 700)).rejects.toEqual({ code: "device_revoked" });
  expect(shelf.letters.map(({ delivered_at }) => delivered_at)).toEqual([null, 500]);
  replies.push(answer(PROTOCOL));
  await send(() => 700);
  await send(() => 800);
  expect(shelf.letters.map(({ delivered_at }) => delivered_at)).toEqual([700, 500]);
});

it("a letter that the office refuses keeps no other back, and is told", async () => {
  shelf.letters = [letter("old", 2), letter("new", 3)];
  replies.push({ kind: "problem", code: "letter_unopenable", mayPass: false, retryAfterMs: 0, chain: null }, answer(PROTOCOL));
  await expect(send(() => 700)).rejects.toEqual({ code: "letter_unopenable" });
  expect(shelf.letters.map(({ delivered_at }) => delivered_at)).toEqual([null, 700]);
});
