/** Synthetic households for the tests of this folder. No real person. */
import type { Entity, EntityKey, Household, Value } from "../core/api";

export function entity(id: EntityKey, fields: Record<string, Value>, draft = false): Entity {
  const states = Object.entries(fields).map(([name, value]) => [name, draft ? { value, draft: true as const } : { value }]);
  return { id, ...(draft ? { draft: true as const } : {}), fields: Object.fromEntries(states) };
}

export function household(of: Partial<Household> = {}): Household {
  const children = of.children ?? [entity("c1", { name: "Mẫu Một" }), entity("c2", { name: "Mẫu Hai" })];
  return {
    document: "0".repeat(32), village: { code: "01", name: "Thôn Mẫu" }, household: {}, members: [], children,
    circumstances: [], supports: [], events: [], visits: [], links: [], sealed: [],
    people: children.map(({ id }) => ({ id, container: "children", age: 8, present: true, sixteen: "no" })),
    issues: [], decisions: [], waiting: { unsent: 0, refused: 0 }, draft: null, ...of,
  };
}
