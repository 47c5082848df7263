/**
 * From a group of circumstances in plain words, through its questions, to lines of 03/TE.
 *
 * Enters: a group of `Definitions.questions` and the answers given so far. Leaves: what to ask now, and the
 * codes that the answers come to. Invariant: an answer to a question that is no longer asked counts for
 * nothing, so that changing one's mind further up leaves nothing behind.
 */
import type { Answer, Question, QuestionGroup } from "../core/api";

/** Positions of the answers given, by question. A question with `many` may have none. */
export type Given = Readonly<Record<string, readonly number[]>>;

export interface Outcome {
  /** Lines to record, each once. */
  codes: string[];
  /** Whether nothing is left to ask. */
  complete: boolean;
}

/** The questions to show: those answered, in the order asked, and the first that is not. */
export function asked(group: QuestionGroup, given: Given): Question[] {
  const byId = new Map(group.questions.map((question) => [question.id, question]));
  const led = new Set(group.questions.flatMap((question) => question.answers.flatMap((answer) => answer.next ?? [])));
  const shown: Question[] = [];
  for (const first of group.questions.filter((question) => !led.has(question.id))) {
    let question: Question | undefined = first;
    while (question && !shown.includes(question)) {
      shown.push(question);
      const answers = answersOf(question, given);
      if (!isAnswered(question, given)) return shown;
      const next: string | undefined = answers.find((answer) => answer.next)?.next;
      question = next === undefined ? undefined : byId.get(next);
    }
  }
  return shown;
}

/** What the answers come to. */
export function outcome(group: QuestionGroup, given: Given): Outcome {
  if (group.questions.length === 0) return { codes: [group.code], complete: true };
  const questions = asked(group, given);
  const codes = questions.flatMap((question) => answersOf(question, given).flatMap((answer) => answer.codes ?? []));
  return { codes: [...new Set(codes)], complete: questions.every((question) => isAnswered(question, given)) };
}

/** Gives or, of a question with `many`, takes back an answer. */
export function answer(given: Given, question: Question, at: number, chosen = true): Given {
  if (!question.many) return { ...given, [question.id]: [at] };
  const others = (given[question.id] ?? []).filter((other) => other !== at);
  return { ...given, [question.id]: chosen ? [...others, at].sort((a, b) => a - b) : others };
}

function answersOf(question: Question, given: Given): Answer[] {
  return (given[question.id] ?? []).flatMap((at) => question.answers[at] ?? []);
}

function isAnswered(question: Question, given: Given): boolean {
  return question.many === true || answersOf(question, given).length > 0;
}
