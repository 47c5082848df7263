import common from "./en.json";
import village from "./en.village.json";
import visit from "./en.visit.json";
import round from "./en.round.json";
import errors from "./en.errors.json";
import type { Key } from "./vi";

export const en: Record<Key, string> = { ...common, ...errors, ...village, ...visit, ...round };
