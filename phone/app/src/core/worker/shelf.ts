/**
 * What is kept beside the encrypted store, in IndexedDB: for each store its lock (openable only with the PIN),
 * how often a wrong PIN was tried, and the sealed letter for the office.
 *
 * It is here and not in the store because it is needed while the store is closed, and because a service worker
 * can read IndexedDB but not the store. Invariant: nothing here is readable without the PIN or the office's key.
 */

import { openDB, type DBSchema, type IDBPDatabase } from "idb";

/** A store and its lock. */
export interface Shelved {
  /** Name of the store's file, and of this record. */
  name: string;
  /** `phone_facade::vault` record. */
  vault: Uint8Array<ArrayBuffer>;
  /** What the collector calls this device; shown on the lock screen. */
  label: string;
  /** False until the office has answered the enrolment. */
  enrolled: boolean;
  created_at: number;
  /** Wrong PINs in a row. */
  failures: number;
  /** When the last of them was tried, milliseconds since 1970. */
  failed_at: number;
  /** Set aside, and why; null: in use. Never deleted. */
  kept: { why: "damaged" | "forgotten" | "replaced"; at: number } | null;
}

/** Signed work of one store, sealed to the office. */
export interface Letter {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  changes: number;
  reports: number;
  sealed_at: number;
  delivered_at: number | null;
}

interface Shelf extends DBSchema {
  store: { key: string; value: Shelved };
  letter: { key: string; value: Letter };
}

const NAME = "sothon";
const VERSION = 1;

let opened: Promise<IDBPDatabase<Shelf>> | undefined;

function shelf(): Promise<IDBPDatabase<Shelf>> {
  opened ??= openDB<Shelf>(NAME, VERSION, {
    upgrade(db, from) {
      if (from < 1) {
        db.createObjectStore("store", { keyPath: "name" });
        db.createObjectStore("letter", { keyPath: "name" });
      }
    },
    // Another tab runs a newer version of the app: let it upgrade.
    blocking: () => {
      void opened?.then((db) => db.close());
      opened = undefined;
    },
  });
  return opened;
}

export async function stores(): Promise<Shelved[]> {
  const all = await (await shelf()).getAll("store");
  return all.sort((a, b) => a.created_at - b.created_at);
}

export async function putStore(shelved: Shelved): Promise<void> {
  const tx = (await shelf()).transaction("store", "readwrite", { durability: "strict" });
  await tx.store.put(shelved);
  await tx.done;
}

/** Every letter; those that the office confirmed included. */
export async function letters(): Promise<Letter[]> {
  return (await shelf()).getAll("letter");
}

export async function putLetter(letter: Letter): Promise<void> {
  const tx = (await shelf()).transaction("letter", "readwrite", { durability: "strict" });
  await tx.store.put(letter);
  await tx.done;
}

/** Marks a letter delivered, unless it was sealed anew meanwhile. */
export async function delivered(letter: Letter, at: number): Promise<void> {
  const tx = (await shelf()).transaction("letter", "readwrite", { durability: "strict" });
  const standing = await tx.store.get(letter.name);
  // By its bytes: two may be sealed within a second, and no two are alike.
  if (standing && indexedDB.cmp(standing.bytes, letter.bytes) === 0) await tx.store.put({ ...standing, delivered_at: at });
  await tx.done;
}

/** Everything in the letter is acknowledged in the store: the copy is no longer needed. */
export async function dropLetter(name: string): Promise<void> {
  await (await shelf()).delete("letter", name);
}
