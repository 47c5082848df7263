import { expect, it } from "vitest";
import { codeIn } from "../app/link";
import { readCode } from "./code";

it.each([
  ["ABCD-EFGH-JKL2", "ABCD-EFGH-JKL2", true],
  ["abcdefghjkl2", "ABCD-EFGH-JKL2", true],
  ["  abcd efgh  jkl2 ", "ABCD-EFGH-JKL2", true],
  ["abcd.efgh/jkl2", "ABCD-EFGH-JKL2", true],
  ["ABCD–EFGH–JKL2", "ABCD-EFGH-JKL2", true],
  ["abcde", "ABCD-E", false],
  ["abcd-", "ABCD", false],
  ["", "", false],
  ["ABCD-EFGH-JKL2-MORE", "ABCD-EFGH-JKL2", true],
])("%s is read as %s", (typed, text, complete) => {
  expect(readCode(typed)).toEqual({ text, complete, strange: [] });
});

it("characters that are in no code are named, and the code is not complete", () => {
  expect(readCode("ABCD-EFGH-0O1I")).toEqual({ text: "ABCD-EFGH-0O1I", complete: false, strange: ["0", "O", "1", "I"] });
});

it("the code of a link is found in both shapes, and only there", () => {
  expect(codeIn("#/ghi-danh?ma=ABCD-EFGH-JKL2")).toBe("ABCD-EFGH-JKL2");
  expect(codeIn("#enrol=ABCD-EFGH-JKL2")).toBe("ABCD-EFGH-JKL2");
  expect(codeIn("#/ho/abc?ma=ABCD-EFGH-JKL2")).toBeNull();
  expect(codeIn("")).toBeNull();
});
