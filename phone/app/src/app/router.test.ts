import { beforeEach, expect, it, vi } from "vitest";
import { back, go, isIn, match, place } from "./router";
import { screens } from "./screens";

beforeEach(() => go("/", { replace: true }));

it("a place fits its pattern, part by part", () => {
  expect(match("/", "/")).toEqual({});
  expect(match("/ho/:document", "/ho/00ff")).toEqual({ document: "00ff" });
  expect(match("/ho/:document", "/ho/")).toBeNull();
  expect(match("/ho/:document", "/ho/00ff/gi")).toBeNull();
  expect(match("/ho/:document/:part", "/ho/00ff/a%20b")).toEqual({ document: "00ff", part: "a b" });
  expect(match("/ho/:document", "/tham/00ff")).toBeNull();
});

it("a broken escape in a place is taken as it stands", () => {
  expect(match("/ho/:document", "/ho/%E0%A4%A")).toEqual({ document: "%E0%A4%A" });
});

it("going somewhere changes the place and the address", () => {
  go("/ho/00ff?tu=dot");
  expect(place.value.path).toBe("/ho/00ff");
  expect(place.value.query.get("tu")).toBe("dot");
  expect(location.hash).toBe("#/ho/00ff?tu=dot");
});

it("what is no place is the first page", () => {
  location.hash = "#enrol=ABCD";
  dispatchEvent(new Event("hashchange"));
  expect(place.value.path).toBe("/");
});

it("no two screens answer to the same place", () => {
  const shapes = screens.map((screen) => screen.path.replace(/:\w+/g, ":"));
  expect(shapes.filter((shape, index) => shapes.indexOf(shape) !== index)).toEqual([]);
  expect(shapes).toContain("/gui-nhan");
  expect(shapes).toContain("/khan-cap");
  expect(shapes).toContain("/cai-dat");
});

it("who went on meanwhile is not called back", () => {
  go("/tham/1/circumstances/2/them");
  expect(isIn("/tham/1/circumstances/2/them")).toBe(true);
  expect(isIn("/tham/1")).toBe(true);
  expect(isIn("/tham/1/circumstances/2/th")).toBe(false);
  go("/tham/1/finish");
  expect(isIn("/tham/1/circumstances/2/them")).toBe(false);
});

it("going on while the browser still walks back ends where it was gone to", async () => {
  go("/tham/1/circumstances/2");
  go("/tham/1/circumstances/2/them");
  const walked = new Promise((done) => addEventListener("popstate", done, { once: true }));
  back("/");
  go("/tham/1/finish");
  await walked;
  await vi.waitFor(() => expect(place.value.path).toBe("/tham/1/finish"));
  expect(location.hash).toBe("#/tham/1/finish");
});
