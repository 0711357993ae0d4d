/**
 * Log-probabilities of a step. Raw ones are the ln softmax of the unchanged logits, which OpenAI and vLLM
 * report by default. Processed ones are the ln of the probability with which a token was drawn, after every
 * stage.
 *
 * The raw side needs one normaliser over the whole row; it is computed only on request.
 */
import { exp, ln } from "../../kernels/float64.ts";
import {
  cutFrom,
  EVERY_TIE,
  EVERYTHING,
  type Kernel,
  type Normaliser,
  type Row,
} from "../../kernels/kernel.ts";
import { Compact } from "../candidates/compact/compact.ts";
import { fillFromRow } from "../candidates/compact/compaction.ts";
import { PlainLists } from "../candidates/compact/lists.ts";
import type { RankTies } from "./rank-ties.ts";
import { ranksAmong } from "./ranks.ts";
import { type TokenLogprob, tokenLogprob } from "./token-logprob.ts";
import {
  type UncertainSide,
  type Uncertainty,
  uncertaintyFrom,
  uncertaintyOfEqual,
  uncertaintyOfList,
} from "./uncertainty.ts";

/** The tokens at +Infinity. */
const INFINITE = cutFrom(Number.POSITIVE_INFINITY, EVERY_TIE);

/** The unchanged row in any form, as the source of raw log-probabilities. */
export interface RawRow extends UncertainSide {
  /** ln p of one token; −Infinity when it is masked or was omitted */
  logprob(token_id: number): number;
  /**
   * of each token: 1 for the most likely. Of equal logits the lower id ranks first; with "counted" all equal
   * ones rank before
   */
  ranks(token_ids: readonly number[], ties: RankTies): number[];
  /** the n most likely tokens */
  top(n: number): TokenLogprob[];
}

/**
 * Up to this number of tokens, each rank is counted by its own pass of the kernel; for more, all are counted in one pass.
 */
const COUNTED_MAX = 64;

/** The raw side of a dense row. The row must be unchanged (no edits) whenever a method is called. */
export class RawDense implements RawRow {
  readonly #kernel: Kernel;
  readonly #row: Row;
  /** undefined when some logits are +Infinity */
  readonly #normaliser: Normaliser | undefined;

  /** `keep`: whether later passes over the row may use the weights that are summed here. */
  constructor(kernel: Kernel, row: Row, keep = true) {
    this.#kernel = kernel;
    this.#row = row;
    this.#normaliser =
      row.max === Number.POSITIVE_INFINITY ? undefined : kernel.normaliser(row, 1, EVERYTHING, keep);
  }

  logprob(token_id: number): number {
    return this.#ofLogit(this.#row.values[token_id] ?? Number.NEGATIVE_INFINITY);
  }

  ranks(token_ids: readonly number[], ties: RankTies): number[] {
    const { values, length } = this.#row;
    if (token_ids.length > COUNTED_MAX) return ranksAmong(values.subarray(0, length), token_ids, ties);
    // Each token was drawn from this row.
    return token_ids.map((id) =>
      this.#kernel.count(this.#row, cutFrom(values[id] as number, ties === "counted" ? length - 1 : id)),
    );
  }

  top(n: number): TokenLogprob[] {
    const kernel = this.#kernel;
    if (n > kernel.selected_ids.length) return this.#ranked(n);
    const count = kernel.topK(this.#row, n);
    const top: TokenLogprob[] = [];
    for (let i = 0; i < count; i++)
      top.push(tokenLogprob(kernel.selected_ids[i]!, this.#ofLogit(kernel.selected_logits[i]!)));
    return top;
  }

  uncertainty(top_k: number): Uncertainty {
    const kernel = this.#kernel;
    const row = this.#row;
    if (this.#normaliser === undefined) return uncertaintyOfEqual(kernel.count(row, INFINITE));
    const moments = kernel.distribution(row, 1, EVERYTHING);
    const count = kernel.topK(row, Math.max(top_k, 2));
    const logprobs = Array.from(kernel.selected_logits.subarray(0, count), (logit) => this.#ofLogit(logit));
    return uncertaintyFrom(moments, logprobs, top_k);
  }

  /** The same for more tokens than the kernel selects: the whole row is ranked. */
  #ranked(n: number): TokenLogprob[] {
    const all = new Compact(new PlainLists(this.#row.length));
    fillFromRow(all, this.#row);
    const { token_ids, scores, count } = all.rank();
    const top: TokenLogprob[] = [];
    for (let i = 0; i < Math.min(n, count); i++)
      top.push(tokenLogprob(token_ids[i]!, this.#ofLogit(scores[i]!)));
    return top;
  }

  #ofLogit(logit: number): number {
    if (this.#normaliser !== undefined) return this.#normaliser.logprobOf(logit);
    // The limit of softmax as these logits grow: they share the probability, the others have probability 0.
    if (logit !== Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
    return -ln(this.#kernel.count(this.#row, INFINITE));
  }
}

/** Σ exp(raw ln p) over some tokens. */
export function massOf(raw: RawRow, token_ids: ArrayLike<number>, count: number): number {
  let mass = 0;
  for (let i = 0; i < count; i++) mass += exp(raw.logprob(token_ids[i]!));
  return mass;
}

/** The raw side of a sparse or small row, in float64; exact when ln Σ exp of the whole row is known. */
export class RawCompact implements RawRow {
  readonly #ranked: Compact;
  readonly #normaliser: Normaliser;

  /** `fill` writes the finite logits to the empty arrays. */
  constructor(size: number, fill: (compact: Compact) => void, logsumexp?: number) {
    this.#ranked = new Compact(new PlainLists(size));
    fill(this.#ranked);
    this.#ranked.rank();
    // The listed tokens are part of the whole row, so a normaliser below theirs was rounded.
    this.#normaliser = this.#ranked.normaliser().atLeast(logsumexp);
  }

  logprob(token_id: number): number {
    return this.#normaliser.logprobOf(this.#ranked.scoreOf(token_id));
  }

  ranks(token_ids: readonly number[], ties: RankTies): number[] {
    return token_ids.map((token_id) => this.#rank(token_id, ties));
  }

  #rank(token_id: number, ties: RankTies): number {
    const { scores, count } = this.#ranked;
    let last = this.#ranked.indexOf(token_id);
    if (ties === "counted") while (last + 1 < count && scores[last + 1] === scores[last]) last++;
    return last + 1;
  }

  top(n: number): TokenLogprob[] {
    return this.#ranked.top(n, this.#normaliser);
  }

  /** Normaliser of the listed tokens alone. */
  uncertainty(top_k: number): Uncertainty {
    return uncertaintyOfList(this.#ranked, top_k);
  }
}
