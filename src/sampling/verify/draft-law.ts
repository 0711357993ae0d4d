/**
 * The probability q with which the drafter drew each token. It comes from the drafter's rows of logits or
 * probabilities. Without such rows, each drafted token counts as certain.
 */
import { Problem } from "../../errors.ts";
import { exp } from "../../kernels/float64.ts";
import type { Normaliser, Row } from "../../kernels/kernel.ts";
import type { ScoreList } from "../../kernels/score-list.ts";
import type { Candidates } from "../candidates/candidates.ts";
import { Compact } from "../candidates/compact/compact.ts";
import { PlainLists } from "../candidates/compact/lists.ts";
import { Dense } from "../candidates/dense.ts";
import { isSparse, type LogitsRow, type SparseRow } from "../rows.ts";

/** How sibling tokens were drawn from their row. */
export const SIBLINGS = ["independent", "without_replacement"] as const;
export type Siblings = (typeof SIBLINGS)[number];

export interface DraftLaw {
  /** q of one token; 0 when it could not be drawn */
  probability(token_id: number): number;
  /**
   * q of the first `count` of many tokens at once, with the same bits; undefined when each must be requested
   * separately. They stay valid until the kernel ranks or sums.
   */
  probabilities?(token_ids: Int32Array, count: number): Float64Array | undefined;
  /** the only token that could be drawn, when no rows are given */
  readonly certain_id?: number;
}

/** The distribution of a drafter that could draw only this token. */
export function pointMass(drafted_id: number): DraftLaw {
  return { certain_id: drafted_id, probability: (token_id) => (token_id === drafted_id ? 1 : 0) };
}

/**
 * The distributions of a drafter that could draw any of these tokens, each with certainty: a rejected one has no mass
 * left in the target.
 */
export function pointMasses(drafted_ids: ReadonlySet<number>): DraftLaw {
  return { probability: (token_id) => (drafted_ids.has(token_id) ? 1 : 0) };
}

/** The distributions of several tokens drawn from one row: independent, or without those drawn before. */
export function lawsOfSiblings(
  law: DraftLaw,
  token_ids: readonly number[],
  siblings: Siblings,
): readonly DraftLaw[] {
  if (siblings === "independent" || token_ids.length === 1) return token_ids.map(() => law);
  const places = new Map<number, number>();
  let left = 1;
  return token_ids.map((id, place) => {
    const q = law.probability(id);
    // No token is likelier than the remaining mass, although a computed difference may exceed it.
    const rest = new RestOfLaw(law, places, place, Math.max(left, q));
    if (!places.has(id)) places.set(id, place);
    left -= q;
    return rest;
  });
}

/** The rest of a distribution after some draws without replacement. */
export class RestOfLaw implements DraftLaw {
  readonly whole: DraftLaw;
  /** remaining probability */
  readonly left: number;
  readonly #places: ReadonlyMap<number, number>;
  readonly #place: number;

  /** `places`: the drawn tokens with their order; those before `place` are removed. */
  constructor(whole: DraftLaw, places: ReadonlyMap<number, number>, place: number, left: number) {
    this.whole = whole;
    this.left = left;
    this.#places = places;
    this.#place = place;
  }

  probability(token_id: number): number {
    const is_gone = (this.#places.get(token_id) ?? Number.POSITIVE_INFINITY) < this.#place;
    return is_gone ? 0 : this.whole.probability(token_id) / this.left;
  }
}

/**
 * The distribution from which candidates are drawn. A whole row is read in place, so it must stay there as long as the
 * distribution is used.
 */
export function lawOf(candidates: Candidates): DraftLaw {
  const form = candidates.form();
  if (form instanceof Dense && form.isWhole) {
    const { row, temperature } = form;
    return new LogitsLaw(form.kernel.list, row, temperature, form.normaliser());
  }
  const copy = new Compact(new PlainLists(candidates.count()));
  candidates.copyTo(copy);
  const { token_ids, count } = copy.orderById();
  return new ListedLaw(token_ids, copy.probabilities(), count);
}

/** Tolerance of the sum of a row's probabilities around 1: bf16 keeps nine bits of each. */
const SUM_TOLERANCE = 0.005;

/**
 * The distribution of a row that holds probabilities in place of logits. Ids from `vocab_size` on have none.
 */
export function lawOfProbabilities(row: LogitsRow, vocab_size: number): DraftLaw {
  if (isSparse(row)) return listedProbabilities(row, vocab_size);
  const count = Math.min(row.length, vocab_size);
  return new ProbabilitiesLaw(row.values, count, sumOf(row.values, count, "/logits"));
}

function listedProbabilities(row: SparseRow, vocab_size: number): DraftLaw {
  const { token_ids, values, logsumexp, max_omitted } = row;
  if (logsumexp !== undefined || max_omitted !== undefined)
    throw new Problem(
      "option_conflict",
      "a row of probabilities lists all that are not 0: logsumexp and max_omitted are told of logits",
      "/logits",
    );
  const order = Array.from(token_ids.keys())
    .filter((i) => token_ids[i]! < vocab_size)
    .sort((a, b) => token_ids[a]! - token_ids[b]!);
  const probabilities = Float64Array.from(order, (i) => values[i]!);
  const sum = sumOf(probabilities, order.length, "/logits/values");
  for (let i = 0; i < probabilities.length; i++) probabilities[i] = probabilities[i]! / sum;
  return new ListedLaw(
    Int32Array.from(order, (i) => token_ids[i]!),
    probabilities,
    order.length,
  );
}

function sumOf(values: Float32Array | Float64Array, count: number, pointer: string): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value <= 1 + SUM_TOLERANCE))
      throw new Problem(
        "invalid_logits",
        `the probabilities of a draft must lie in [0, 1], got ${value} at index ${i}`,
        `${pointer}/${i}`,
      );
    sum += value;
  }
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return sum;
  throw new Problem(
    "invalid_logits",
    `the probabilities of a draft must sum to 1 within ${SUM_TOLERANCE}, got ${Number(sum.toPrecision(6))}`,
    pointer,
  );
}

/** The few tokens that can be drawn, ids ascending. */
class ListedLaw implements DraftLaw {
  readonly #token_ids: Int32Array;
  readonly #probabilities: Float64Array;
  readonly #count: number;

  constructor(token_ids: Int32Array, probabilities: Float64Array, count: number) {
    this.#token_ids = token_ids;
    this.#probabilities = probabilities;
    this.#count = count;
  }

  probability(token_id: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#token_ids[middle]! < token_id) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#token_ids[low] === token_id ? this.#probabilities[low]! : 0;
  }
}

/** Softmax of a whole row at a temperature. */
class LogitsLaw implements DraftLaw {
  readonly #list: ScoreList;
  readonly #values: Float32Array;
  readonly #temperature: number;
  readonly #normaliser: Normaliser;

  constructor(list: ScoreList, { values }: Row, temperature: number, normaliser: Normaliser) {
    this.#list = list;
    this.#values = values;
    this.#temperature = temperature;
    this.#normaliser = normaliser;
  }

  probability(token_id: number): number {
    return exp(this.#normaliser.logprobOf(this.#values[token_id]! / this.#temperature));
  }

  probabilities(token_ids: Int32Array, count: number): Float64Array | undefined {
    if (!this.#normaliser.is_near) return undefined;
    const { scratch } = this.#list;
    for (let i = 0; i < count; i++) scratch[i] = this.#values[token_ids[i]!]! / this.#temperature;
    return this.#list.expScratch(count, this.#normaliser.logsumexp);
  }
}

/** Probabilities by token id, which sum to nearly 1. */
class ProbabilitiesLaw implements DraftLaw {
  readonly #values: Float32Array;
  readonly #count: number;
  readonly #sum: number;

  constructor(values: Float32Array, count: number, sum: number) {
    this.#values = values;
    this.#count = count;
    this.#sum = sum;
  }

  probability(token_id: number): number {
    return token_id < this.#count ? this.#values[token_id]! / this.#sum : 0;
  }
}
