import { describe, expect, it } from "vitest";
import questions from "../../../../schemas/records/circumstance_questions.json";
import type { QuestionGroup } from "../core/api";
import { answer, asked, outcome, type Given } from "./walk";

const groups: QuestionGroup[] = questions.groups;
const group = (code: string) => groups.find((group) => group.code === code)!;

/** Gives the answers that lead to these words, in order. */
function walked(code: string, ...words: string[]): Given {
  let given: Given = {};
  for (const word of words) {
    const question = asked(group(code), given).find((question) =>
      question.answers.some((answer) => answer.plain.startsWith(word)))!;
    given = answer(given, question, question.answers.findIndex((answer) => answer.plain.startsWith(word)));
  }
  return given;
}

describe("the questions of a group", () => {
  it("a group without questions is its own line", () => {
    expect(outcome(group("III.6"), {})).toEqual({ codes: ["III.6"], complete: true });
  });

  it("one answer leads to one line", () => {
    expect(outcome(group("II.1"), {})).toEqual({ codes: [], complete: false });
    expect(outcome(group("II.1"), walked("II.1", "Ông bà"))).toEqual({ codes: ["II.1.3"], complete: true });
  });

  it("a question that is led to is asked at once, before the next in order", () => {
    const given = walked("II.3", "Một người đã mất");
    expect(asked(group("II.3"), given).map((question) => question.id)).toEqual(["why", "after_death"]);
    expect(outcome(group("II.3"), walked("II.3", "Một người đã mất", "Mất tích", "Người không họ hàng"))).toEqual({
      codes: ["II.3.1", "II.3.14"],
      complete: true,
    });
  });

  it("a question nobody led to is not asked", () => {
    const given = walked("II.3", "Cả hai không còn khả năng");
    expect(asked(group("II.3"), given).map((question) => question.id)).toEqual(["why", "carer"]);
  });

  it("changing an answer forgets what followed from it", () => {
    const given = walked("II.3", "Một người đã mất", "Đang ở tù", "Ông bà");
    const why = group("II.3").questions[0]!;
    const changed = answer(given, why, why.answers.findIndex((answer) => answer.codes?.includes("II.3.11")));
    expect(outcome(group("II.3"), changed).codes).toEqual(["II.3.11", "II.3.13"]);
  });

  it("several kinds of disability stand beside one level", () => {
    let given = walked("II.4", "Nặng");
    const kind = asked(group("II.4"), given).find((question) => question.many)!;
    given = answer(answer(given, kind, 5), kind, 0);
    expect(outcome(group("II.4"), given)).toEqual({ codes: ["II.4.2", "II.4.4-1", "II.4.4-6-1"], complete: true });
    expect(outcome(group("II.4"), answer(given, kind, 0, false)).codes).toEqual(["II.4.2", "II.4.4-6-1"]);
  });

  it("an answer may record nothing", () => {
    expect(outcome(group("II.13"), walked("II.13", "Không thuộc"))).toEqual({ codes: [], complete: true });
  });

  it("every way through every group ends", () => {
    const ends = (group: QuestionGroup, given: Given): number => {
      const open = asked(group, given).find((question) => !question.many && !(question.id in given));
      if (!open) return outcome(group, given).complete ? 1 : -1000;
      return open.answers.reduce((sum, _, at) => sum + ends(group, answer(given, open, at)), 0);
    };
    expect(groups.every((group) => ends(group, {}) > 0)).toBe(true);
    expect(ends(group("II.3"), {})).toBe((5 + 4 + 3 + 5) * 4);
  });
});
