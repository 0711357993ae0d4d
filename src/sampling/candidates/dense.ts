/**
 * Candidates in their dense form: the whole row in kernel memory, a temperature that only rescales (no pass over
 * the row), and a cut, the threshold that separates kept from removed tokens. Stages that touch few tokens edit
 * the row in place. A journal records the edits, so that the row can be restored and raw log-probabilities can
 * still be read.
 *
 *     score(id) = row[id] / temperature
 *     kept ⇔ row[id] > cut.floor, or row[id] = cut.floor and id ≤ cut.tie_id
 *
 * Typical sampling also cuts from above, by a ceiling of the same form.
 */

import { exp } from "../../kernels/float64.ts";
import {
  type Cut,
  cutFrom,
  type DistanceRule,
  EVERYTHING,
  type Kernel,
  type MarkRule,
  type Noise,
  type Normaliser,
  type Row,
} from "../../kernels/kernel.ts";
import type { Remembered } from "../history/remembered.ts";
import type { SeenTokens } from "../history/seen-tokens.ts";
import { type TokenLogprob, tokenLogprob } from "../report/token-logprob.ts";
import type { Compact } from "./compact/compact.ts";
import { maskedBy } from "./masked.ts";
import type { Moments } from "./moments.ts";
import { logitNotBelow, type MassRule, type Ties } from "./thresholds.ts";

export class Dense {
  readonly kernel: Kernel;
  /** name of the running stage, to report the stage that masked the last token */
  stage = "the row";
  temperature = 1;
  /** length of the row */
  vocab_size = 0;
  /** the tokens that are kept */
  cut: Cut = EVERYTHING;
  #count = -1;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  reset(row: Row): void {
    this.kernel.edits.begin(row);
    this.temperature = 1;
    this.vocab_size = row.length;
    this.cut = cutFrom(Number.NEGATIVE_INFINITY, row.length - 1);
    this.#count = -1;
  }

  get row(): Row {
    return this.kernel.edits.row;
  }

  /** True when some tokens were removed. Edits are then no longer possible in this form. */
  get isCut(): boolean {
    return this.cut.floor !== Number.NEGATIVE_INFINITY || this.cut.ceiling !== Number.POSITIVE_INFINITY;
  }

  /** True while every token is kept with its original logit. */
  get isWhole(): boolean {
    return !this.isCut && this.kernel.edits.tokens()?.size === 0;
  }

  /**
   * The row for the kernel, with correct block maxima after edits. Throws a Problem when edits masked the last token.
   */
  settle(): Row {
    const row = this.kernel.edits.settle();
    if (row.max === Number.NEGATIVE_INFINITY) throw maskedBy(this.stage);
    return row;
  }

  /** Throws a Problem when edits have masked the last token. */
  requireSome(): void {
    if (this.kernel.edits.may_leave_none) this.settle();
  }

  /** `settle` for kernel calls without a ceiling: tokens above the ceiling are banned first. */
  settleBelowCeiling(): Row {
    const { cut, vocab_size } = this;
    const { ceiling, ceiling_tie_id } = cut;
    if (ceiling === Number.POSITIVE_INFINITY) return this.settle();
    const { values } = this.row;
    for (let id = 0; id < vocab_size; id++) {
      const logit = values[id]!;
      if (logit > ceiling || (logit === ceiling && id > ceiling_tie_id))
        this.setScore(id, Number.NEGATIVE_INFINITY);
    }
    this.cut = cutFrom(cut.floor, cut.tie_id);
    return this.settle();
  }

  /** How many tokens are kept; a token at −Infinity is never kept. */
  count(): number {
    const row = this.settle();
    if (this.#count < 0) this.#count = this.kernel.count(row, this.cut);
    return this.#count;
  }

  max(): number {
    return this.settleBelowCeiling().max / this.temperature;
  }

  /** Smallest score that is kept. */
  min(): number {
    return this.kernel.smallest(this.settle(), this.cut) / this.temperature;
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
    return this.normaliser().logsumexp;
  }

  /** ln Σ exp in two parts, for log-probabilities. `keep`: see Kernel.normaliser. */
  normaliser(keep = true): Normaliser {
    return this.kernel.normaliser(this.settle(), this.temperature, this.cut, keep);
  }

  /** Normaliser, entropy and collision probability of the kept tokens. */
  moments(): Moments {
    return this.kernel.distribution(this.settle(), this.temperature, this.cut);
  }

  /** Population standard deviation of the kept scores. */
  sigma(): number {
    return this.kernel.valueMoments(this.settle(), this.cut).deviation / this.temperature;
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
    const { cut } = this.kernel;
    if (min_keep > 1 && this.kernel.count(row, cut) < min_keep) {
      if (ties !== "highest" || min_keep >= this.count()) return this.cutToTopK(min_keep, "cut");
      this.kernel.kthLargest(row, min_keep);
      return this.#cutToHighest(this.kernel.cut);
    }
    if (ties === "highest") return this.#cutToHighest(cut);
    return this.#cutAt(cut.floor, ties === "keep" ? this.vocab_size - 1 : cut.tie_id);
  }

  /**
   * Cuts to as many tokens as the given cut keeps, but of those at its floor keeps the highest ids and bans
   * the lowest.
   */
  #cutToHighest({ floor, tie_id }: Cut): boolean {
    if (floor < this.cut.floor) return false;
    const last = floor === this.cut.floor ? this.cut.tie_id : this.vocab_size - 1;
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
    const floor = logitNotBelow(threshold, this.temperature);
    const tie_id = this.vocab_size - 1;
    if (floor > row.max || this.#fewerThan(min_keep, floor)) return this.cutToTopK(min_keep, "cut");
    return this.#cutAt(floor, tie_id);
  }

  #fewerThan(min_keep: number, floor: number): boolean {
    return min_keep > 1 && this.kernel.count(this.row, cutFrom(floor, this.vocab_size - 1)) < min_keep;
  }

  /** The part of the row's mass, at this temperature, that is kept. */
  #keptShare(): number {
    if (!this.isCut) return 1;
    const all = this.kernel.normaliser(this.row, this.temperature, EVERYTHING);
    return exp(all.logShareOf(this.normaliser()));
  }

  /** Cuts a whole row to the `kept` tokens between two bounds. */
  cutTo(cut: Cut, kept: number): void {
    this.cut = cut;
    this.#count = kept;
  }

  /** Tightens the cut. Returns false and changes nothing when the new cut is not tighter. */
  #cutAt(floor: number, tie_id: number): boolean {
    const { cut } = this;
    if (floor < cut.floor || (floor === cut.floor && tie_id >= cut.tie_id)) return false;
    this.cut = { floor, tie_id, ceiling: cut.ceiling, ceiling_tie_id: cut.ceiling_tie_id };
    this.#count = -1;
    return true;
  }

  /** The token at u of the cumulative distribution, taken in token-id order. */
  draw(u: number): number {
    return this.kernel.draw(this.settle(), this.temperature, this.cut, u);
  }

  /** The interval of a token in the cumulative distribution that `draw` walks. */
  interval(token_id: number): { from: number; to: number } {
    return this.kernel.interval(this.settle(), this.temperature, this.cut, token_id);
  }

  /**
   * The token at u of the distribution that a watermark makes of the kept tokens; undefined when there is a ceiling.
   */
  drawMarked(rule: MarkRule, u: number): number | undefined {
    if (this.cut.ceiling !== Number.POSITIVE_INFINITY) return undefined;
    return this.kernel.drawMarked(this.settle(), this.temperature, this.cut, rule, u);
  }

  /** The kept token for which score + noise is largest, of equals the lowest id. */
  noisiest(noise: Noise): number {
    const row = this.settleBelowCeiling();
    return this.kernel.noisiest(row, this.temperature, this.cut, noise);
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

  /** True when a token with this logit is inside the cut. */
  keeps(token_id: number, logit: number): boolean {
    const { floor, tie_id, ceiling, ceiling_tie_id } = this.cut;
    return (
      (logit > floor || (logit === floor && token_id <= tie_id)) &&
      (logit < ceiling || (logit === ceiling && token_id <= ceiling_tie_id))
    );
  }

  /** Fills the form that works on the kernel's list with every kept token, by id. */
  listIn(compact: Compact): void {
    compact.filled(this.kernel.list.list(this.settle(), this.temperature, this.cut), "id");
  }

  /** The same, ranked. */
  rankIn(compact: Compact): void {
    compact.filled(this.kernel.list.rank(this.settle(), this.temperature, this.cut), "score");
  }

  /** The n most likely kept tokens with ln of their probabilities; n is at most the kernel's selection size. */
  top(n: number, normaliser: Normaliser): TokenLogprob[] {
    const { kernel } = this;
    const count = kernel.topK(this.settleBelowCeiling(), n);
    const top: TokenLogprob[] = [];
    for (let i = 0; i < count; i++) {
      const token_id = kernel.selected_ids[i]!;
      const logit = kernel.selected_logits[i]!;
      // The kept tokens rank before the others, so they need not be counted, which is a pass over the row.
      if (!this.keeps(token_id, logit)) break;
      top.push(tokenLogprob(token_id, normaliser.logprobOf(logit / this.temperature)));
    }
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
   * s ← (s > 0 ? s / ratio : s · ratio) + constant + per_count · n, for tokens seen n times. Returns false and does
   * nothing when the counts are not in the kernel, because some tokens lie past its vocabulary.
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

  /**
   * s ← max + d²·(square + cube·d), d = s − max, for every token. Returns false and does nothing in a row that is
   * cut.
   */
  smooth(square: number, cube: number): boolean {
    if (this.isCut) return false;
    this.kernel.edits.smooth(square, cube, this.temperature);
    this.temperature = 1;
    this.#count = -1;
    return true;
  }

  /**
   * Scores every token by the distance of its probability to a target. The old logits and their normaliser are
   * written to `remembered`. Returns false and does nothing in a row that is cut.
   */
  scoreByDistance(rule: DistanceRule, remembered: Remembered): boolean {
    if (this.isCut) return false;
    const { temperature, vocab_size } = this;
    const { values } = this.settle();
    remembered.keepRow(values.subarray(0, vocab_size), temperature, this.normaliser());
    this.kernel.scoreByDistance(temperature, rule);
    this.temperature = 1;
    this.#count = -1;
    return true;
  }

  /**
   * s ← ln(Cᵃ − (C − p)ᵃ), for every token, most likely first. Returns false and does nothing in a row that is cut or cannot be
   * ranked.
   */
  skewByRank(skew: number): boolean {
    if (this.isCut || !this.kernel.skewByRank(this.temperature, skew)) return false;
    this.temperature = 1;
    this.#count = -1;
    return true;
  }

  /** Undoes every edit, so that the row is unchanged again. */
  restore(): void {
    this.kernel.edits.revert();
    this.#count = -1;
  }

  /** The distinct tokens that edits have banned; undefined when a cut removed tokens. */
  bannedIds(): { readonly token_ids: readonly number[]; readonly count: number } | undefined {
    const edited = this.isCut ? undefined : this.kernel.edits.tokens();
    if (edited === undefined) return undefined;
    const { values } = this.row;
    const token_ids = [...edited].filter((id) => values[id] === Number.NEGATIVE_INFINITY);
    return { token_ids, count: token_ids.length };
  }
}
