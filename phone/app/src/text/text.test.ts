import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { PinWeakness } from "../core/api";
import { chooseLanguage, errorText, t } from ".";
import { en } from "./en";
import { vi, type Key } from "./vi";

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
const keys = Object.keys(vi) as Key[];

afterEach(() => chooseLanguage("vi"));

describe("the two languages", () => {
  it("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
  });

  it("have the same placeholders, and no text is empty", () => {
    for (const key of keys) {
      expect([key, placeholders(en[key])]).toEqual([key, placeholders(vi[key])]);
      expect([key, vi[key].trim().length > 0, en[key].trim().length > 0]).toEqual([key, true, true]);
    }
  });

  it("no key is in two files, where one text would hide the other", () => {
    const folder = import.meta.dirname;
    for (const language of ["vi", "en"]) {
      const files = readdirSync(folder).filter((name) => name.startsWith(`${language}.`) && name.endsWith(".json"));
      const all = files.flatMap((name) => Object.keys(JSON.parse(readFileSync(join(folder, name), "utf8")) as object));
      expect(all.filter((key, index) => all.indexOf(key) !== index)).toEqual([]);
    }
  });
});

describe("errors", () => {
  it("every error has a next step", () => {
    const errors = keys.filter((key) => key.startsWith("error."));
    for (const key of errors.filter((each) => !each.endsWith(".next"))) expect(errors).toContain(`${key}.next`);
    expect(errors.length).toBeGreaterThan(100);
  });

  it("every code that the office may refuse with is told in words", () => {
    const protocol = readFileSync(join(import.meta.dirname, "../../../../docs/protocol.md"), "utf8");
    const section = protocol.slice(protocol.indexOf("## 13. Codes"), protocol.indexOf("## 14. Limits"));
    const codes = [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map((found) => found[1] as string);
    expect(codes.length).toBeGreaterThan(30);
    const untold = codes.filter((code) => !keys.includes(`error.${code}` as Key));
    expect(untold).toEqual([]);
  });

  it("an unknown code is said, so that it can be read out", () => {
    const { say, next } = errorText({ code: "something_new" });
    expect(say).toContain("something_new");
    expect(next).toContain("something_new");
  });

  it("an answer of something in between is said by its status", () => {
    expect(errorText({ code: "http_502" }).say).toContain("502");
    expect(errorText({ code: "http_502" }).say).not.toContain("http_502");
  });

  it("nobody is told to use a command line", () => {
    for (const key of keys) expect([key, /--\w|JSON|lệnh /.test(vi[key])]).toEqual([key, false]);
  });
});

it("every weakness of a PIN has its words", () => {
  const weaknesses: PinWeakness[] = ["short", "repeated", "sequence", "date", "common"];
  for (const weakness of weaknesses) expect(vi[`pin.weak.${weakness}`]).not.toBe("");
});

it("placeholders are filled, numbers the way of the language", async () => {
  expect(t("state.waiting", { n: 1200 })).toBe("Chưa gửi: 1.200 việc");
  await chooseLanguage("en");
  expect(t("state.waiting", { n: 1200 })).toBe("Not sent: 1,200");
});
