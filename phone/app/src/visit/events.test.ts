import { describe, expect, it } from "vitest";
import { placesOf, planArrival, planHappening, turned16On } from "./events";
import { entity, household } from "./sample";

describe("what happened becomes objects", () => {
  it("a birth is a child and an event of the same day", () => {
    expect(planArrival("birth", "children", "birth_date", "2026-10-02")).toEqual({
      person: { container: "children", fields: { birth_date: "2026-10-02" } },
      event: { kind: "birth", date: "2026-10-02" },
    });
    expect(placesOf("birth", "birth_date")).toEqual([{ on: "person", field: "birth_date" }, { on: "event", field: "date" }]);
    expect(placesOf("birth", "name")).toEqual([{ on: "person", field: "name" }]);
  });

  it("who arrives is a person, with an event that has the day and the place they came from", () => {
    expect(planArrival("moved_in", "members", "name", "Mẫu Dâu")).toEqual({
      person: { container: "members", fields: { name: "Mẫu Dâu" } },
      event: { kind: "moved_in" },
    });
    expect(placesOf("moved_in", "other_place")).toEqual([{ on: "event", field: "other_place" }]);
    expect(placesOf("moved_in", "birth_date")).toEqual([{ on: "person", field: "birth_date" }]);
  });

  it("somebody of whom only the day of arrival is known is begun all the same", () => {
    expect(planArrival("moved_in", "children", "date", "2026-05")).toEqual({
      person: { container: "children", fields: { withdrawn: false } },
      event: { kind: "moved_in", date: "2026-05" },
    });
  });

  it("somebody who always lived here has no event", () => {
    expect(planArrival("listed", "children", "name", "Mẫu Sót").event).toBeNull();
  });

  it("what nobody answered is not written", () => {
    expect(planHappening({ kind: "death", person: "c1", date: null }, household()).event).toEqual({
      container: "events",
      fields: { person: "c1", kind: "death" },
    });
  });

  it("turning 16 ends the child's circumstances that still hold, and nobody else's", () => {
    const held = household({
      circumstances: [
        entity("k1", { person: "c1", code: "II.4.2" }),
        entity("k2", { person: "c1", code: "III.6", end: "2025" }),
        entity("k3", { person: "c2", code: "III.6" }),
        entity("k4", { person: "c1", code: "III.7", withdrawn: true }),
      ],
    });
    const { writes } = planHappening({ kind: "turned_16", person: "c1", date: "2026-05-03" }, held);
    expect(writes).toEqual([
      { container: "circumstances", id: "k1", field: "end", value: "2026-05-03" },
      { container: "circumstances", id: "k1", field: "end_reason", value: "turned_16" },
    ]);
    expect(planHappening({ kind: "moved_out", person: "c1", date: "2026" }, held).writes).toEqual([]);
  });

  it("the 16th birthday follows from the birth date", () => {
    expect(turned16On(entity("c1", { birth_date: "2010-05" }))).toBe("2026-05");
    expect(turned16On(entity("c1", {}))).toBeNull();
  });
});
