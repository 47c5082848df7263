import { describe, expect, it } from "vitest";
import { isIdentified, neighbours, readStep, route, settle, stepOf, writeStep, writtenIn } from "./steps";
import { entity, household } from "./sample";

const names = (of: ReturnType<typeof household>) => route(of).map(writeStep).join(" ");

describe("the steps of a visit", () => {
  it("go child by child", () => {
    expect(names(household())).toBe(
      "people children/c1 children/c2 circumstances circumstances/c1 circumstances/c2 supports/c1 supports/c2 notes finish",
    );
    expect(names(household({ children: [] }))).toBe("people circumstances notes finish");
  });

  it("ask nothing of children who left, turned 16 or were recorded by mistake", () => {
    const of = household({
      children: ["c1", "c2", "c3"].map((id) => entity(id, id === "c3" ? { withdrawn: true } : {})),
    });
    of.people = [
      { id: "c1", container: "children", age: 3, present: false, sixteen: "no" },
      { id: "c2", container: "children", age: 16, present: true, sixteen: "recorded" },
    ];
    expect(names(of)).toBe("people circumstances notes finish");
  });

  it("are kept by name and found again", () => {
    for (const step of route(household())) expect(readStep(writeStep(step))).toEqual(step);
    expect(readStep("")).toEqual({ name: "people", person: null });
    expect(readStep("something newer")).toEqual({ name: "people", person: null });
  });

  it("go on where a child is no longer asked about", () => {
    const steps = route(household({ children: [entity("c2", {})] }));
    expect(settle({ name: "children", person: "c1" }, steps)).toEqual({ name: "children", person: "c2" });
    expect(settle({ name: "supports", person: "c1" }, route(household({ children: [] })))).toEqual({ name: "notes", person: null });
  });

  it("have a step before and after", () => {
    const steps = route(household());
    expect(neighbours(steps[0]!, steps).before).toBeNull();
    expect(neighbours(steps[0]!, steps).after).toEqual({ name: "children", person: "c1" });
    expect(neighbours(steps.at(-1)!, steps).after).toBeNull();
  });
});

describe("the place of an issue", () => {
  const of = household({
    circumstances: [entity("k1", { person: "c2", code: "II.4" })],
    supports: [entity("s1", { person: "gone", form: "medical" })],
  });
  it.each([
    ["household", null, "poverty_status", "circumstances"],
    ["household", null, "number", "people"],
    ["children", "c2", "sex", "children/c2"],
    ["circumstances", "k1", "start", "circumstances/c2"],
    ["supports", "s1", "form", "supports/c1"],
    ["events", "e1", "date", "people"],
  ] as const)("%s %s %s", (container, id, field, expected) => {
    expect(writeStep(stepOf({ container, id, field }, of))).toBe(expected);
  });
});

describe("what was written in a step", () => {
  const of = household({
    household: { number: { value: "7", draft: true }, note: { value: "x", draft: true }, poverty_status: { value: "poor" } },
    children: [entity("c1", { sex: "male", name: "Mẫu" }, true), entity("c2", { name: "Mẫu" })],
    circumstances: [entity("k1", { person: "c2", code: "II.4" }, true)],
  });
  it.each([
    ["people", 3], ["children/c1", 2], ["children/c2", 0], ["circumstances", 0], ["circumstances/c1", 0],
    ["circumstances/c2", 2], ["supports/c2", 0], ["notes", 1], ["finish", 0],
  ])("%s: %i", (step, count) => {
    expect(writtenIn(readStep(step), of)).toBe(count);
  });
});

describe("a new household", () => {
  it("needs its number or its head's name, and nothing else", () => {
    expect(isIdentified(household())).toBe(false);
    expect(isIdentified(household({ household: { number: { value: " " } } }))).toBe(false);
    expect(isIdentified(household({ household: { head_name: { value: "Mẫu" } } }))).toBe(true);
  });
});
