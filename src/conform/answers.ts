/** Checks the form of an answer for its task. The runner in Python has the same sentences (conform/_answers.py). */
import { isRecord } from "../is-record.ts";
import { countsIn, drawsOf } from "./counts.ts";
import { ANSWERS, type Answer, sizeOf, type Vector } from "./vectors.ts";

/** The fault of an answer's form, in a sentence; undefined when it can be judged. */
export function wrongWith(vector: Vector, answer: Answer): string | undefined {
  if (vector.task === "distribution" || vector.task === "combine")
    return (answer["counts"] ?? undefined) === undefined
      ? wrongWithSet(vector, answer["kept"] ?? undefined, answer["probabilities"] ?? undefined)
      : wrongWithCounts(answer);
  const missing = (ANSWERS[vector.task] ?? []).filter(
    (name) => vector[name] !== undefined && answer[name] === undefined,
  );
  return missing.length > 0 ? `the answer lacks ${missing.join(", ")}` : undefined;
}

/** Largest number of draws of an answer. */
const DRAWS_MAX = 1_000_000_000;

function wrongWithCounts({ counts, kept, probabilities }: Answer): string | undefined {
  if ((kept ?? probabilities ?? undefined) !== undefined)
    return "an answer with counts has neither kept nor probabilities";
  const is_form =
    isRecord(counts) &&
    Object.entries(counts).every(([id, n]) => /^(0|[1-9]\d{0,8})$/.test(id) && isWhole(n));
  if (!is_form) return "counts is no object of token ids with a number of draws each";
  const is_few = drawsOf(countsIn(counts)) <= DRAWS_MAX;
  return is_few ? undefined : `counts has more than ${DRAWS_MAX} draws`;
}

function isWhole(n: unknown): boolean {
  return Number.isSafeInteger(n) && Number(n) >= 0;
}

function wrongWithSet(vector: Vector, kept: unknown, probabilities: unknown): string | undefined {
  if (kept === undefined && probabilities === undefined)
    return "the answer has neither kept nor probabilities";
  if (probabilities !== undefined && !isListOf(probabilities, Number.isFinite))
    return "probabilities is no list of numbers";
  if (kept === undefined || kept === "all") {
    if (probabilities === undefined) return 'kept is "all", and there are no probabilities';
    return wrongWithSize(probabilities.length, sizeOf(vector));
  }
  if (!isListOf(kept, (id) => Number.isInteger(id) && id >= 0))
    return 'kept is neither a list of token ids nor "all"';
  return wrongWithIds(kept, probabilities);
}

function wrongWithIds(
  kept: readonly number[],
  probabilities: readonly number[] | undefined,
): string | undefined {
  if (probabilities !== undefined && kept.length !== probabilities.length)
    return `kept has ${kept.length} ids, and probabilities has ${probabilities.length} numbers`;
  const seen = new Set<number>();
  for (const id of kept) {
    if (seen.has(id)) return `kept has token ${id} twice`;
    seen.add(id);
  }
  return undefined;
}

/** The fault of a list of probabilities for a row of this length. */
export function wrongWithSize(given: number, size: number): string | undefined {
  if (given === size) return undefined;
  return `a sampler gives the probability of each of the ${size} tokens, got ${given} numbers`;
}

function isListOf(value: unknown, is: (each: number) => boolean): value is readonly number[] {
  return Array.isArray(value) && value.every((each: unknown) => typeof each === "number" && is(each));
}
