import common from "./vi.json";
import village from "./vi.village.json";
import visit from "./vi.visit.json";
import round from "./vi.round.json";
import errors from "./vi.errors.json";

export const vi = { ...common, ...errors, ...village, ...visit, ...round };

export type Key = keyof typeof vi;
