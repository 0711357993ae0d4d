/**
 * Candidates in their dense form: the whole row in kernel memory, a temperature that only rescales (no pass over
 * the row), and a cut, the threshold that separates kept from removed tokens. Stages that touch few tokens edit
 * the row in place, behind a journal that puts it back, so that raw log-probabilities can still be read.
 *
 *     score(id) = row[id] / temperature
 *     kept      ⇔ row[id] > floor, or row[id] = floor and id ≤ tie_id
 *
 * Typical sampling also cuts from above, by a ceiling of the same form.
 */

import { exp } from "../../kernels/float64.ts";
import type { Cut, Kernel, Noise, Row } from "../../kernels/kernel.ts";
import type { SeenTokens } from "../history/seen-tokens.ts";
import { type TokenLogprob, tokenLogprob } from "../report/token-logprob.ts";
import type { Compact } from "./compact.ts";
import { maskedBy } from "./masked.ts";
import type { Moments } from "./moments.ts";
import { float32NotBelow, type MassRule, type Ties } from "./thresholds.ts";

/** Larger than every token id: all tokens equal to a bound are inside. */
export const EVERY_ID = 0x7fffffff;

export class Dense {
  readonly kernel: Kernel;
  /** the stage that is at work, for the account of who masked the last token */
  stage = "the row";
  temperature = 1;
  floor = Number.NEGATIVE_INFINITY;
  tie_id = 0;
  ceiling = Number.POSITIVE_INFINITY;
  ceiling_tie_id = EVERY_ID;
  #count = -1;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  reset(row: Row): void {
    this.kernel.edits.begin(row);
    this.temperature = 1;
    this.floor = Number.NEGATIVE_INFINITY;
    this.tie_id = row.length - 1;
    this.ceiling = Number.POSITIVE_INFINITY;
    this.ceiling_tie_id = EVERY_ID;
    this.#count = -1;
  }

  get row(): Row {
    return this.kernel.edits.row;
  }

  get vocab_size(): number {
    return this.row.length;
  }

  /** True when some tokens were removed; edits are then no longer possible in this form. */
  get isCut(): boolean {
    return this.floor !== Number.NEGATIVE_INFINITY || this.ceiling !== Number.POSITIVE_INFINITY;
  }

  /** True while every token is kept with the logit that came. */
  get isWhole(): boolean {
    return !this.isCut && this.kernel.edits.tokens()?.size === 0;
  }

  /** The row as the kernel should see it: block maxima right after edits. A Problem when they masked the last token. */
  settle(): Row {
    const row = this.kernel.edits.settle();
    if (row.max === Number.NEGATIVE_INFINITY) throw maskedBy(this.stage);
    return row;
  }

  /** A Problem when edits have masked the last token. */
  requireSome(): void {
    if (this.kernel.edits.may_leave_none) this.settle();
  }

  /** `settle` for those kernel calls that know no ceiling: what lies above it is banned first. */
  settleBelowCeiling(): Row {
    const { ceiling, ceiling_tie_id, vocab_size } = this;
    if (ceiling === Number.POSITIVE_INFINITY) return this.settle();
    const { values } = this.row;
    for (let id = 0; id < vocab_size; id++) {
      const logit = values[id]!;
      if (logit > ceiling || (logit === ceiling && id > ceiling_tie_id))
        this.setScore(id, Number.NEGATIVE_INFINITY);
    }
    this.ceiling = Number.POSITIVE_INFINITY;
    return this.settle();
  }

  /** How many tokens are kept; those at −Infinity never are. */
  count(): number {
    const row = this.settle();
    if (this.#count < 0)
      this.#count = this.kernel.count(row, this.floor, this.tie_id, this.ceiling, this.ceiling_tie_id);
    return this.#count;
  }

  max(): number {
    return this.kernel.max(this.settleBelowCeiling()) / this.temperature;
  }

  /** Smallest score that is kept. */
  min(): number {
    const { kernel, temperature, floor, tie_id, ceiling, ceiling_tie_id } = this;
    return kernel.smallest(this.settle(), floor, tie_id, ceiling, ceiling_tie_id) / temperature;
  }

  /** Fills `into` with the largest scores, descending, and returns how many there are; at most as many as the kernel selects. */
  bestScores(into: Float64Array): number {
    const { kernel, temperature } = this;
    const count = kernel.topK(this.settleBelowCeiling(), Math.min(into.length, this.count()));
    for (let i = 0; i < count; i++) into[i] = kernel.selected_logits[i]! / temperature;
    return count;
  }

  /** ln Σ exp(score) over the kept tokens. */
  logSumExp(): number {
    const { kernel, temperature, floor, tie_id, ceiling, ceiling_tie_id } = this;
    return kernel.logSumExp(this.settle(), temperature, floor, tie_id, ceiling, ceiling_tie_id);
  }

  /** Normaliser, entropy and collision probability of the kept tokens. */
  moments(): Moments {
    const { kernel, temperature, floor, tie_id, ceiling, ceiling_tie_id } = this;
    return kernel.distribution(this.settle(), temperature, floor, tie_id, ceiling, ceiling_tie_id);
  }

  /** Population standard deviation of the kept scores. */
  sigma(): number {
    const { kernel, temperature, floor, tie_id, ceiling, ceiling_tie_id } = this;
    return kernel.valueMoments(this.settle(), floor, tie_id, ceiling, ceiling_tie_id).deviation / temperature;
  }

  /** Cuts to the k largest (ties "keep": and those equal to the k-th). True when tokens were removed. */
  cutToTopK(k: number, ties: Ties): boolean {
    if (k >= this.count()) return false;
    this.kernel.kthLargest(this.settleBelowCeiling(), k);
    const { floor, tie_id } = this.kernel.cut;
    return this.#cutAt(floor, ties === "keep" ? this.vocab_size - 1 : tie_id);
  }

  /**
   * Cuts to the smallest descending prefix whose mass reaches p. In a row that is already cut, p of the kept mass
   * m is p·m of the row's mass: both are prefixes of the same ranking.
   */
  cutToMass(p: number, { inclusive, ties, min_keep }: MassRule): boolean {
    const row = this.settleBelowCeiling();
    this.kernel.topP(row, this.temperature, p * this.#keptShare(), inclusive);
    const { floor, tie_id } = this.kernel.cut;
    if (min_keep > 1 && this.kernel.count(row, floor, tie_id) < min_keep) {
      if (ties !== "highest" || min_keep >= this.count()) return this.cutToTopK(min_keep, "cut");
      this.kernel.kthLargest(row, min_keep);
      return this.#cutToHighest(this.kernel.cut);
    }
    if (ties === "highest") return this.#cutToHighest({ floor, tie_id });
    return this.#cutAt(floor, ties === "keep" ? this.vocab_size - 1 : tie_id);
  }

  /** Cuts to as many as a cut keeps, but of those at its floor to the highest ids: the lowest are banned. */
  #cutToHighest({ floor, tie_id }: Pick<Cut, "floor" | "tie_id">): boolean {
    if (floor < this.floor) return false;
    const last = floor === this.floor ? this.tie_id : this.vocab_size - 1;
    const { values } = this.row;
    let surplus = 0;
    if (tie_id < last) for (let id = tie_id + 1; id <= last; id++) if (values[id] === floor) surplus++;
    if (surplus === 0) return this.#cutAt(floor, last);
    for (let id = 0; surplus > 0; id++) {
      if (values[id] !== floor) continue;
      this.setScore(id, Number.NEGATIVE_INFINITY);
      surplus--;
    }
    this.#cutAt(floor, last);
    this.settle();
    return true;
  }

  /** Cuts to scores of at least `threshold`, and never fewer than the min_keep best. */
  cutAtScore(threshold: number, min_keep: number): boolean {
    const row = this.settleBelowCeiling();
    const floor = float32NotBelow(threshold * this.temperature);
    const tie_id = this.vocab_size - 1;
    if (floor > this.kernel.max(row) || this.#fewerThan(min_keep, floor))
      return this.cutToTopK(min_keep, "cut");
    return this.#cutAt(floor, tie_id);
  }

  #fewerThan(min_keep: number, floor: number): boolean {
    return min_keep > 1 && this.kernel.count(this.row, floor, this.vocab_size - 1) < min_keep;
  }

  /** The part of the row's mass, at this temperature, that is still kept. */
  #keptShare(): number {
    if (!this.isCut) return 1;
    const all = this.kernel.logSumExp(
      this.row,
      this.temperature,
      Number.NEGATIVE_INFINITY,
      this.vocab_size - 1,
    );
    return exp(this.logSumExp() - all);
  }

  /** Cuts a whole row to the `kept` tokens between two bounds. */
  cutTo({ floor, tie_id, ceiling, ceiling_tie_id }: Cut, kept: number): void {
    this.floor = floor;
    this.tie_id = tie_id;
    this.ceiling = ceiling;
    this.ceiling_tie_id = ceiling_tie_id;
    this.#count = kept;
  }

  /** Tightens the cut; one no tighter than the present changes nothing and gives false. */
  #cutAt(floor: number, tie_id: number): boolean {
    if (floor < this.floor || (floor === this.floor && tie_id >= this.tie_id)) return false;
    this.floor = floor;
    this.tie_id = tie_id;
    this.#count = -1;
    return true;
  }

  /** The token at u of the cumulative distribution, taken in token-id order. */
  draw(u: number): number {
    const { kernel, temperature, floor, tie_id, ceiling, ceiling_tie_id } = this;
    return kernel.draw(this.settle(), temperature, floor, tie_id, u, ceiling, ceiling_tie_id);
  }

  /** The kept token for which score + noise is largest, of equals the lowest id. */
  noisiest(noise: Noise): number {
    const row = this.settleBelowCeiling();
    return this.kernel.noisiest(row, this.temperature, this, noise);
  }

  scoreOf(token_id: number): number {
    return this.row.values[token_id]! / this.temperature;
  }

  readScores(token_ids: Int32Array, count: number, scores: Float64Array): void {
    const { row, temperature } = this;
    const { values } = row;
    for (let i = 0; i < count; i++) scores[i] = values[token_ids[i]!]! / temperature;
  }

  /** Like scoreOf, and −Infinity for a token that was cut off. */
  keptScoreOf(token_id: number): number {
    const logit = this.row.values[token_id] ?? Number.NEGATIVE_INFINITY;
    return this.keeps(token_id, logit) ? logit / this.temperature : Number.NEGATIVE_INFINITY;
  }

  /** Whether a token with this logit is inside of the cut. */
  keeps(token_id: number, logit: number): boolean {
    return (
      (logit > this.floor || (logit === this.floor && token_id <= this.tie_id)) &&
      (logit < this.ceiling || (logit === this.ceiling && token_id <= this.ceiling_tie_id))
    );
  }

  /** Fills the form that works on the kernel's list with every kept token, by id. */
  listIn(compact: Compact): void {
    compact.filled(this.kernel.list.list(this.settle(), this.temperature, this), "id");
  }

  /** The same ranked. */
  rankIn(compact: Compact): void {
    compact.filled(this.kernel.list.rank(this.settle(), this.temperature, this), "score");
  }

  /** The n most likely kept tokens with ln of their probabilities; n is at most what the kernel selects. */
  top(n: number, logsumexp: number): TokenLogprob[] {
    const { kernel } = this;
    const count = kernel.topK(this.settleBelowCeiling(), Math.min(n, this.count()));
    const top: TokenLogprob[] = [];
    for (let i = 0; i < count; i++)
      top.push(
        tokenLogprob(kernel.selected_ids[i]!, kernel.selected_logits[i]! / this.temperature - logsumexp),
      );
    return top;
  }

  setScore(token_id: number, score: number): void {
    this.kernel.edits.set(token_id, score * this.temperature);
    this.#count = -1;
  }

  /** s ← s + amount, for some distinct tokens. */
  add(token_ids: Int32Array, amounts: Float64Array): void {
    this.kernel.edits.add(token_ids, amounts, this.temperature);
    this.#count = -1;
  }

  /**
   * s ← (s > 0 ? s / ratio : s · ratio) + constant + per_count · n, for tokens seen n times. False, and nothing done,
   * when they were not counted in the kernel: then some lie past its vocabulary.
   */
  penalise(seen: SeenTokens, ratio: number, constant: number, per_count: number): boolean {
    const { edits, tokens } = this.kernel;
    if (seen !== tokens) return false;
    edits.penalise(tokens, ratio, constant, per_count, this.temperature);
    this.#count = -1;
    return true;
  }

  /** Bans every token that a mask does not allow. */
  mask(allowed: Uint32Array): void {
    this.kernel.edits.mask(allowed);
    this.#count = -1;
  }

  /** s ← max + d²·(square + cube·d), d = s − max, for every token. False, and nothing done, in a row that is cut. */
  smooth(square: number, cube: number): boolean {
    if (this.isCut) return false;
    this.kernel.edits.smooth(square, cube, this.temperature);
    this.temperature = 1;
    this.#count = -1;
    return true;
  }

  /** Puts every edited logit back; the row is again what came in. */
  restore(): void {
    this.kernel.edits.revert();
    this.#count = -1;
  }

  /** The distinct tokens that edits have banned; undefined where more than single tokens were removed. */
  bannedIds(): { readonly token_ids: readonly number[]; readonly count: number } | undefined {
    const edited = this.isCut ? undefined : this.kernel.edits.tokens();
    if (edited === undefined) return undefined;
    const { values } = this.row;
    const token_ids = [...edited].filter((id) => values[id] === Number.NEGATIVE_INFINITY);
    return { token_ids, count: token_ids.length };
  }
}
