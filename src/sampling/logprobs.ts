/**
 * Log-probabilities of a step: raw, the ln softmax of the logits as they came (what OpenAI and vLLM report by
 * default), and processed, the ln of the probability with which a token was drawn after every stage.
 *
 * The raw side is one normaliser over the whole row; it is computed only when asked for.
 */
import { exp, ln } from "../kernels/float64.ts";
import type { Kernel, Row } from "../kernels/kernel.ts";
import { Compact } from "./compact.ts";
import type { SparseRow } from "./rows.ts";

export interface TokenLogprob {
  readonly token_id: number;
  /** ln p; null stands for −Infinity, probability 0, which JSON cannot write */
  readonly logprob: number | null;
}

/** A row as it came in, whatever form it came in: what raw log-probabilities are read from. */
export interface RawRow {
  /** ln p of one token; −Infinity when it is masked or was not sent */
  logprob(token_id: number): number;
  /** 1 for the most likely token; equal logits rank by lower id */
  rank(token_id: number): number;
  /** the n most likely tokens */
  top(n: number): TokenLogprob[];
}

/** The raw side of a dense row; the row must be as it came (no edits) whenever a method is called. */
export class RawDense implements RawRow {
  readonly #kernel: Kernel;
  readonly #row: Row;
  readonly #logsumexp: number;

  constructor(kernel: Kernel, row: Row) {
    this.#kernel = kernel;
    this.#row = row;
    this.#logsumexp =
      kernel.max(row) === Number.POSITIVE_INFINITY
        ? Number.POSITIVE_INFINITY
        : kernel.logSumExp(row, 1, Number.NEGATIVE_INFINITY, row.length - 1);
  }

  logprob(token_id: number): number {
    return this.#ofLogit(this.#row.values[token_id] ?? Number.NEGATIVE_INFINITY);
  }

  rank(token_id: number): number {
    return this.#kernel.count(this.#row, this.#row.values[token_id] as number, token_id); // the token was drawn from this row
  }

  top(n: number): TokenLogprob[] {
    const kernel = this.#kernel;
    const count = kernel.topK(this.#row, Math.min(n, kernel.selected_ids.length));
    const top: TokenLogprob[] = [];
    for (let i = 0; i < count; i++)
      top.push(tokenLogprob(kernel.selected_ids[i]!, this.#ofLogit(kernel.selected_logits[i]!)));
    return top;
  }

  #ofLogit(logit: number): number {
    if (this.#logsumexp !== Number.POSITIVE_INFINITY) return logit - this.#logsumexp;
    // The limit of softmax as these logits grow: they share the probability, the others have none.
    if (logit !== Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
    return -ln(this.#kernel.count(this.#row, Number.POSITIVE_INFINITY, this.#row.length - 1));
  }
}

export function tokenLogprob(token_id: number, logprob: number): TokenLogprob {
  return { token_id, logprob: Number.isFinite(logprob) ? logprob : null };
}

/** Σ exp(raw ln p) over some tokens. */
export function massOf(raw: RawRow, token_ids: ArrayLike<number>, count: number): number {
  let mass = 0;
  for (let i = 0; i < count; i++) mass += exp(raw.logprob(token_ids[i]!));
  return mass;
}

/** The raw side of a sparse row; exact when the sender told ln Σ exp of the whole row. */
export class RawSparse implements RawRow {
  readonly #ranked: Compact;
  readonly #logsumexp: number;

  constructor(row: SparseRow) {
    const ranked = new Compact();
    ranked.reset(row.token_ids.length);
    ranked.token_ids.set(row.token_ids);
    ranked.scores.set(row.values);
    ranked.filled(row.token_ids.length, "none");
    ranked.keepScoresFrom(-Number.MAX_VALUE, 1);
    ranked.rank();
    this.#ranked = ranked;
    this.#logsumexp = row.logsumexp ?? ranked.logSumExp();
  }

  logprob(token_id: number): number {
    return this.#ranked.scoreOf(token_id) - this.#logsumexp;
  }

  rank(token_id: number): number {
    return this.#ranked.token_ids.subarray(0, this.#ranked.count).indexOf(token_id) + 1;
  }

  top(n: number): TokenLogprob[] {
    const top: TokenLogprob[] = [];
    for (let i = 0; i < Math.min(n, this.#ranked.count); i++)
      top.push(tokenLogprob(this.#ranked.token_ids[i]!, this.#ranked.scores[i]! - this.#logsumexp));
    return top;
  }
}
