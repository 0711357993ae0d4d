/** Makes a row, with bounds for what is left out, from the pairs that an engine reports. */
import { exp, ln } from "../kernels/float64.ts";
import { type Count, EngineError, type NextRow } from "./engine.ts";

/** A token in an engine's reply. */
export interface Pair {
  readonly id: number;
  /** ln p; null stands for −Infinity */
  readonly logprob: number | null;
  readonly bytes?: Uint8Array;
}

export interface Told {
  readonly url: string;
  readonly asked: Count;
  /** length of the row, if it is known */
  readonly vocab_size: number | undefined;
  /** the engine's own rounding error: the maximum distance of ln Σ exp over the row from 0 */
  readonly logsumexp_error: number;
  /** the largest ln p among reported tokens without an id; −Infinity when all have one */
  readonly nameless?: number;
  /** true: the engine cannot report more tokens */
  readonly is_most?: boolean;
}

/** JSON has no −Infinity: vLLM writes −9999 and llama-server the lowest float32. */
export const LEAST = -9999;
/** A value above this is a logit, not a log-probability. */
const MOST = 1e-3;
/** The largest id that a row may have: see vocabulary.ts. */
const ID_MAX = 2 ** 24 - 1;

/** Throws an EngineError when the pairs are not a distribution. */
export function rowOf(pairs: readonly Pair[], told: Told): NextRow {
  const { url, asked, nameless = Number.NEGATIVE_INFINITY } = told;
  if (pairs.length === 0)
    throw new EngineError(
      `${url} hides its log-probabilities: it was asked for ${asked === "whole" ? "all" : `the top ${asked}`} and told none`,
    );
  const ranked = pairs.map((pair) => checked(pair, url)).sort((a, b) => b.value - a.value || a.id - b.id);
  requireDistinct(ranked, url);
  // Some engines report the drawn token once more.
  const taken = asked === "whole" ? ranked : ranked.slice(0, asked);
  const length = lengthOf(taken);
  const is_whole =
    told.vocab_size === undefined
      ? asked === "whole"
      : taken.length >= told.vocab_size && length <= told.vocab_size;
  const values = Float32Array.from(taken, ({ value }) => value);
  const sum = ln(values.reduce((mass, value) => mass + exp(value), 0));
  const last = values[values.length - 1] as number; // there is one: checked above
  return {
    token_ids: Int32Array.from(taken, ({ id }) => id),
    values,
    vocab_size: told.vocab_size ?? (is_whole ? length : undefined),
    logsumexp: Math.max(0, sum),
    logsumexp_error: told.logsumexp_error,
    max_omitted: is_whole ? Number.NEGATIVE_INFINITY : Math.max(last, nameless),
    is_whole,
    is_most: is_whole || told.is_most === true || asked === "whole" || taken.length < asked,
    ...(taken.every(({ bytes }) => bytes !== undefined) && {
      bytes: taken.map(({ bytes }) => bytes as Uint8Array), // just looked at
    }),
  };
}

interface Ranked {
  readonly id: number;
  readonly value: number;
  readonly bytes: Uint8Array | undefined;
}

function checked({ id, logprob, bytes }: Pair, url: string): Ranked {
  if (!Number.isInteger(id) || id < 0 || id > ID_MAX)
    throw new EngineError(`${url} tells a token id that is none: ${id}`);
  const value = logprob === null || logprob <= LEAST ? Number.NEGATIVE_INFINITY : logprob;
  if (Number.isNaN(value)) throw new EngineError(`${url} tells NaN as the log-probability of token ${id}`);
  if (value > MOST)
    throw new EngineError(
      `${url} tells ${value} as the log-probability of token ${id}: these are logits, or not of a whole distribution (vLLM: start it with --logprobs-mode raw_logprobs)`,
    );
  return { id, value, bytes };
}

function requireDistinct(ranked: readonly Ranked[], url: string): void {
  const seen = new Set<number>();
  for (const { id } of ranked) {
    if (seen.has(id)) throw new EngineError(`${url} tells token ${id} twice in one distribution`);
    seen.add(id);
  }
}

function lengthOf(pairs: readonly Ranked[]): number {
  return pairs.reduce((largest, { id }) => Math.max(largest, id), -1) + 1;
}

/** Maximum bytes of a reply with this many tokens: names, numbers, and text as bytes. */
export function bytesFor(count: Count, vocab_size = ID_MAX): number {
  const tokens = count === "whole" ? vocab_size : count;
  return 1_048_576 + 640 * Math.min(tokens, vocab_size);
}
