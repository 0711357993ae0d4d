/** Asks the suite's questions to a JavaScript function. */

import { isRecord } from "../is-record.ts";
import { wrongWithSize } from "./answers.ts";
import type { Reply } from "./judge.ts";
import { rowOf, type Vector } from "./vectors.ts";

/**
 * The options of all stages of a case by name. `chain` and `prompt_length` are not options, so they are not enumerable.
 */
export interface SamplerOptions {
  readonly [option: string]: unknown;
  /** the stages in the order in which they run, each with its options */
  readonly chain: readonly Readonly<Record<string, unknown>>[];
  /** number of history ids that are the prompt */
  readonly prompt_length: number;
}

/**
 * A sampler under test. It returns the probabilities of all tokens, a Map of id to probability, a Set of the kept ids, or
 * `{ counts }` with the number of draws by id, or a promise of one of these. It returns undefined or null for features that it lacks.
 */
export type TestedSampler = (
  row: readonly number[],
  options: SamplerOptions,
  history: readonly number[],
) => unknown;

export async function answerOfFunction(sampler: TestedSampler, vector: Vector): Promise<Reply> {
  if (vector.task !== "distribution") return { not_supported: true };
  const row = rowOf(vector["row"]);
  try {
    const history = (vector["history"] ?? []) as readonly number[]; // as the suite writes it
    const given: unknown = await sampler(row, optionsOf(vector), history);
    return given === undefined || given === null ? { not_supported: true } : replyOf(given, row.length);
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}` };
  }
}

function optionsOf(vector: Vector): SamplerOptions {
  const chain = (vector["chain"] ?? []) as SamplerOptions["chain"]; // as the suite writes it
  const options = Object.assign({}, ...chain.map(({ stage: _, ...own }) => own)) as Record<string, unknown>;
  const hidden = { chain: { value: chain }, prompt_length: { value: vector["prompt_length"] ?? 0 } };
  return Object.defineProperties(options, hidden) as SamplerOptions; // both are there now
}

function recordOf(counts: unknown): unknown {
  return counts instanceof Map ? Object.fromEntries(counts as ReadonlyMap<number, number>) : counts;
}

function replyOf(given: unknown, size: number): Reply {
  if (given instanceof Set) return { answer: { kept: [...given].sort((a, b) => Number(a) - Number(b)) } };
  if (given instanceof Map) {
    const left = [...(given as ReadonlyMap<number, number>)].filter(([, p]) => p > 0 || Number.isNaN(p));
    left.sort(([a], [b]) => a - b);
    return { answer: { kept: left.map(([id]) => id), probabilities: left.map(([, p]) => p) } };
  }
  if (!Array.isArray(given) && !ArrayBuffer.isView(given))
    return isRecord(given) && "counts" in given
      ? { answer: { counts: recordOf(given["counts"]) } }
      : { error: `a sampler gives an array, a Map, a Set or { counts }, got ${typeof given}` };
  const probabilities = Array.from(given as unknown as ArrayLike<unknown>, Number);
  const wrong = wrongWithSize(probabilities.length, size);
  return wrong === undefined ? { answer: { probabilities } } : { error: wrong };
}
