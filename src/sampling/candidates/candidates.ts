/**
 * The tokens still in play, and the operations that stages may do with them. This class has two forms: dense (the
 * whole row in kernel memory) and compact (the few tokens that a removing stage kept). A stage does not see which
 * form it works on. A removing stage turns dense into compact as soon as few enough tokens are left.
 *
 * The distribution is the softmax of the scores; `p` is always the softmax over the tokens still kept. At least one
 * token always stays. Equal scores: the lower token id ranks first.
 */
import type { Combiner, DistanceRule, Kernel, MarkRule, Noise, Row } from "../../kernels/kernel.ts";
import type { Remembered } from "../history/remembered.ts";
import type { SeenTokens } from "../history/seen-tokens.ts";
import { massOf, type RawRow } from "../report/logprobs.ts";
import { notAboveZero, type TokenLogprob } from "../report/token-logprob.ts";
import type { SparseRow } from "../rows.ts";
import { addEach, penaliseEach, scoreEachByDistance, smoothEach } from "./adjustments.ts";
import { bestScoresOf } from "./best-scores.ts";
import { Compact } from "./compact/compact.ts";
import {
  fillFromCut,
  fillFromDense,
  fillFromInfinite,
  fillFromTop,
  SMALL_ROW,
} from "./compact/compaction.ts";
import { Dense } from "./dense.ts";
import { divisorBehind } from "./divisor.ts";
import { keepOne, restrict, restrictRow } from "./mask.ts";
import { maskedAsItCame, maskedBy } from "./masked.ts";
import { type Moments, momentsOf, sigmaOf } from "./moments.ts";
import { Omitted } from "./omitted.ts";
import type { Prefix } from "./prefix.ts";
import { note, type Removal } from "./removal.ts";
import { beginSparse, keepSparseFrom, keepSparseMass, keepSparseTopK, setSparseScore } from "./sparse.ts";
import { type Bends, bendsOfRow } from "./tail-free-row.ts";
import type { MassRule, Ties } from "./thresholds.ts";
import { type Exclusion, excludeTop, excludeTopOfRow } from "./top-choices.ts";
import { keepTypical } from "./typical.ts";
import { keepTypicalOfRow } from "./typical-row.ts";

export class Candidates {
  readonly #dense: Dense;
  readonly #compact: Compact;
  /** tokens that a sparse row left out; none for whole rows */
  readonly #omitted = new Omitted();
  #form: "dense" | "compact" = "dense";
  /** the limit by which the running stage removed tokens */
  readonly removal: Removal = { kind: "other", limit: 0, kept_at: 0, removed_at: 0, listed: 0 };
  readonly #moments: Moments = { logsumexp: 0, entropy: 0, collision: 0 };
  /** true when the running stage is the last one */
  #is_last = false;
  /** product of all divisors of the scores so far */
  divided_by = 1;
  /** length of the row: ids at or past it do not exist */
  vocab_size = 0;

  constructor(kernel: Kernel) {
    this.#dense = new Dense(kernel);
    this.#compact = new Compact(kernel.list);
  }

  // ── one step ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Starts a step on a whole row without NaN. Tokens at +Infinity share the whole probability. */
  startRow(row: Row): void {
    this.vocab_size = row.length;
    this.removal.listed = row.length;
    this.divided_by = 1;
    this.#dense.reset(row);
    this.#omitted.start(0);
    this.#form = "dense";
    if (row.max === Number.NEGATIVE_INFINITY) throw maskedAsItCame();
    if (row.max === Number.POSITIVE_INFINITY) fillFromInfinite(this.#turnCompact(row.length), row);
    else if (row.length <= SMALL_ROW) this.#everything();
  }

  /** Starts a step on the tokens of a sparse row; ids at or past `vocab_size` do not exist. */
  startSparse(row: SparseRow, vocab_size: number): void {
    this.vocab_size = vocab_size;
    this.removal.listed = vocab_size;
    this.divided_by = 1;
    beginSparse(this.#turnCompact(row.token_ids.length), this.#omitted, row, vocab_size);
  }

  /** `is_last`: the next step is the draw, so no later stage needs a ranking. */
  beginStage(stage: string, is_last: boolean): void {
    this.#is_last = is_last;
    this.removal.kind = "other";
    this.removal.limit = 0;
    this.#dense.stage = stage;
  }

  endStage(stage: string): void {
    if (this.#form === "dense") this.#dense.requireSome();
    else if (this.#compact.count === 0) throw maskedBy(stage);
  }

  /** The present form, for the report of a step. Stages do not use it. */
  form(): Compact | Dense {
    return this.#form === "compact" ? this.#compact : this.#dense;
  }

  /** Copies the kept tokens of either form, and changes nothing. */
  copyTo(copy: Compact): void {
    if (this.#form === "compact") this.#compact.copyTo(copy);
    else fillFromDense(copy.reset(this.vocab_size), this.#dense);
  }

  /** Writes the whole row, without the removed tokens, to a slot of the combiner. */
  copyRow(combiner: Combiner, whole: Row, index: number): Row {
    if (this.#form === "dense") return combiner.copy(this.#dense.settle(), index);
    const { token_ids, scores, count } = this.#compact;
    return combiner.list(whole, index, token_ids, scores, count);
  }

  /** Restores the unchanged row: for raw log-probabilities, and for another chain on the same row. */
  restoreRow(): void {
    this.#dense.restore();
  }

  // ── reading; max and min are those of the kept scores ─────────────────────────────────────────────────────

  /** How many tokens are kept. */
  count(): number {
    return this.#form === "compact" ? this.#compact.count : this.#dense.count();
  }

  max(): number {
    return this.form().max();
  }

  min(): number {
    this.#omitted.guess();
    return this.form().min();
  }

  /** True when the whole row in place of this sparse one would provably have given the same answer. */
  isExact(): boolean {
    return this.#omitted.isExact;
  }

  /**
   * True when the scores of all kept tokens are known. It is false for a sparse row that omits tokens, until a cut has removed
   * the omitted ones.
   */
  get is_whole(): boolean {
    return !this.#omitted.is_open;
  }

  /** ln Σ exp(score) over the kept tokens. */
  logSumExp(): number {
    this.#omitted.guess();
    return this.form().logSumExp();
  }

  /** Normaliser, entropy and collision probability of the kept tokens; valid until the next call. */
  moments(): Readonly<Moments> {
    this.#omitted.guess();
    if (this.#form === "dense") return this.#dense.moments();
    return momentsOf(this.#compact, this.#compact.max(), this.#moments);
  }

  /** Population standard deviation of the kept scores. */
  sigma(): number {
    this.#omitted.guess();
    return this.#form === "dense" ? this.#dense.sigma() : sigmaOf(this.#compact);
  }

  /** Score of one token; −Infinity when it is not kept. */
  scoreOf(token_id: number): number {
    if (this.#editable() !== this.#compact) return this.#dense.scoreOf(token_id);
    const score = this.#compact.scoreOf(token_id);
    return score === Number.NEGATIVE_INFINITY && this.#omitted.is_open ? this.#omitted.bound : score;
  }

  /** Writes the scores of the first `count` tokens of a list; −Infinity for those that are not kept. */
  readScores(token_ids: Int32Array, count: number, scores: Float64Array): void {
    if (this.#editable() === this.#dense) this.#dense.readScores(token_ids, count, scores);
    else for (let i = 0; i < count; i++) scores[i] = this.scoreOf(token_ids[i]!);
  }

  /** The kept tokens as plain arrays, whatever form they were in. For samplers that need each token. */
  all(): Compact {
    this.#omitted.guess();
    return this.#everything();
  }

  #everything(): Compact {
    if (this.#form === "dense") this.#dense.listIn(this.#turnCompact(this.vocab_size));
    return this.#compact;
  }
  /** Like `all`, ordered by score descending. */
  ranked(): Compact {
    this.#omitted.guess();
    if (this.#form === "dense") this.#dense.rankIn(this.#turnCompact(this.vocab_size));
    return this.#compact.rank();
  }

  /**
   * Counts the ranked tokens before the tail by tail-free sampling at z; undefined when it must be computed from a
   * list.
   */
  bends(z: number, straight: number): Bends | undefined {
    return this.#form === "dense" ? bendsOfRow(this.#dense, z, straight) : undefined;
  }

  /** Fills `scores` with the largest scores, descending, and returns how many there are. */
  bestScores(scores: Float64Array): number {
    this.#omitted.guess();
    return this.#form === "compact" ? bestScoresOf(this.#compact, scores) : this.#dense.bestScores(scores);
  }

  // ── rescaling ─────────────────────────────────────────────────────────────────────────────────────────────

  divideBy(temperature: number): void {
    const divisor = divisorBehind(this.divided_by, temperature);
    this.divided_by *= divisor;
    this.#omitted.rescaled(divisor, () => this.#compact.logSumExp());
    if (this.#form === "compact") this.#compact.divideBy(divisor);
    else this.#dense.temperature *= divisor;
  }

  /** s ← max s + d²·(square + cube·d), d = s − max s, for every kept token. */
  smooth(square: number, cube: number): void {
    if (this.#form === "compact" || !this.#dense.smooth(square, cube)) smoothEach(this.all(), square, cube);
  }

  /**
   * s ← peak − sharpness·d²/(1 + d), d = |p − target|/width, for every kept token. The old probabilities are written to
   * `remembered`.
   */
  scoreByDistance(rule: DistanceRule, remembered: Remembered): void {
    // In float32, scores near the peak may be equal although they differ in float64. That is harmless when no later
    // stage ranks them.
    if (this.#form === "dense" && this.#is_last) if (this.#dense.scoreByDistance(rule, remembered)) return;
    scoreEachByDistance(this.all(), rule, remembered);
  }

  /**
   * skew by rank for every token of a whole row, as the last stage. Returns false and does nothing when it must be
   * computed from a list.
   */
  skewByRank(skew: number): boolean {
    return this.#form === "dense" && this.#is_last && this.#dense.skewByRank(skew);
  }

  /** Gives one token another score; −Infinity bans it. A token that was removed stays removed. */
  setScore(token_id: number, score: number): void {
    if (this.#editable() !== this.#compact) this.#dense.setScore(token_id, score);
    else if (this.#omitted.is_open) setSparseScore(this.#compact, this.#omitted, token_id, score);
    else this.#compact.setScore(token_id, score);
  }

  /** s ← s + amount, for some distinct tokens; the amount −Infinity bans a token. */
  add(token_ids: Int32Array, amounts: Float64Array): void {
    if (this.#editable() === this.#dense) this.#dense.add(token_ids, amounts);
    else addEach(this, token_ids, amounts);
  }

  /** s ← (s > 0 ? s / ratio : s · ratio) + constant + per_count · n, for tokens that were seen n times. */
  penalise(seen: SeenTokens, ratio: number, constant: number, per_count: number): void {
    if (this.#editable() !== this.#dense || !this.#dense.penalise(seen, ratio, constant, per_count))
      penaliseEach(this, seen, ratio, constant, per_count);
  }

  // ── removing ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps the k largest scores (k ≥ 1); ties "keep" also keeps those equal to the k-th. */
  keepTopK(k: number, ties: Ties): void {
    note(this.removal, "rank", k);
    this.keepBest(k, ties);
  }

  /** Like topK, for a stage that records its own reasons of removal. */
  keepBest(k: number, ties: Ties = "cut"): void {
    if (this.#omitted.is_open) keepSparseTopK(this.#compact, this.#omitted, k, ties);
    else if (this.#form === "compact") this.#compact.keepTopK(k, ties);
    else if (k <= this.#dense.kernel.selected_ids.length && ties === "cut")
      this.#form = fillFromTop(this.#compact, this.#dense, k);
    else this.#afterCut(this.#dense.cutToTopK(k, ties));
  }

  /**
   * Keeps the prefix that `find` finds in a whole row, and never fewer than the min_keep best. Returns false and does
   * nothing when it must be computed from a list.
   */
  keepPrefix(find: (row: Dense) => Prefix | undefined, min_keep: number): boolean {
    const found = this.#form === "dense" ? find(this.#dense) : undefined;
    if (found === undefined) return false;
    const kept = Math.max(found.count, min_keep);
    note(this.removal, "rank", kept);
    if (kept > found.count || kept <= this.#dense.kernel.selected_ids.length) this.keepBest(kept);
    else if (kept < this.#dense.count()) this.#dense.cutTo(found.cut, kept);
    return true;
  }

  /** Keeps the smallest descending prefix whose mass reaches p (0 < p ≤ 1), by the given rule. */
  keepMass(p: number, rule: MassRule): void {
    note(this.removal, "mass", p, rule.min_keep);
    if (this.#omitted.is_open) keepSparseMass(this.#compact, this.#omitted, p, rule);
    else if (this.#form === "compact") this.#compact.keepMass(p, rule);
    else this.#afterCut(this.#dense.cutToMass(p, rule));
  }

  /** Keeps scores of at least `threshold`, and never fewer than the min_keep best. */
  keepScoresFrom(threshold: number, min_keep: number): void {
    note(this.removal, "score", threshold, min_keep);
    if (this.#omitted.is_open) keepSparseFrom(this.#compact, this.#omitted, threshold, min_keep);
    else if (this.#form === "compact") this.#compact.keepScoresFrom(threshold, min_keep);
    else this.#afterCut(this.#dense.cutAtScore(threshold, min_keep));
  }

  /** Keeps only the tokens whose bit is set: see mask.ts. */
  keepMask(mask: Uint32Array): void {
    if (this.#editable() === this.#dense) this.#form = restrictRow(this.#dense, this.#compact, mask);
    else this.#omitted.restrictedTo(restrict(this.#compact, mask, this.vocab_size));
  }

  /** Keeps one token, whether or not it was kept so far. */
  keepOnly(token_id: number): void {
    this.#omitted.start(0);
    keepOne(this.#turnCompact(1), token_id);
  }

  /**
   * Keeps the tokens whose surprise is nearest to the entropy until their mass reaches p, by the given
   * MassRule.
   */
  keepTypical(p: number, rule: MassRule): void {
    const form = this.#form === "dense" ? keepTypicalOfRow(this.#dense, this.#compact, p, rule) : undefined;
    if (form === undefined) keepTypical(this.all(), p, rule);
    else this.#form = form;
  }

  /** Removes all top choices but the last of them, or makes them less likely, by the given exclusion. */
  excludeTop(exclusion: Exclusion): void {
    if (this.#editable() === this.#dense && excludeTopOfRow(this.#dense, exclusion)) return;
    excludeTop(this.all(), exclusion);
  }

  // ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The token at u of the cumulative distribution, taken in token-id order (0 < u < 1). A single kept token needs no
   * u.
   */
  draw(u: () => number): number {
    return this.#form === "compact" ? this.#compact.draw(u) : this.#dense.draw(u());
  }

  /** The token at u of the distribution that a watermark makes of the kept tokens; undefined in the compact form. */
  drawMarked(rule: MarkRule, u: number): number | undefined {
    return this.#form === "dense" ? this.#dense.drawMarked(rule, u) : undefined;
  }

  /** True when each draw with replacement costs the same, for any number of draws at once. */
  get draws_apart(): boolean {
    return this.#form === "dense";
  }

  /**
   * One draw for each uniform. Without replacement no token comes twice, and there are at most as many draws as kept
   * tokens.
   */
  drawEach(uniforms: readonly number[], replacement: boolean): number[] {
    if (replacement && this.#form !== "compact") return uniforms.map((u) => this.#dense.draw(u));
    return this.#everything().drawEach(uniforms, replacement);
  }

  /** The interval of a token in the cumulative distribution that `draw` walks; from = to when it is not kept. */
  interval(token_id: number): { readonly from: number; readonly to: number } {
    return this.form().interval(token_id);
  }

  /** The kept token for which score + noise is largest; of equals the lowest id. With Gumbel noise this is a draw. */
  noisiest(noise: Noise): number {
    return this.form().noisiest(noise);
  }

  /** The kept token ids, ascending. */
  keptIds(): number[] {
    return Array.from(this.#everything().orderById().token_ids.subarray(0, this.count()));
  }

  /** ln of the probability with which a kept token is drawn. */
  logprob(token_id: number): number {
    return notAboveZero(this.form().normaliser().logprobOf(this.keptScoreOf(token_id)));
  }

  /** The same for several tokens, which share one normaliser. */
  logprobs(token_ids: readonly number[]): number[] {
    const normaliser = this.form().normaliser(false);
    return token_ids.map((id) => notAboveZero(normaliser.logprobOf(this.keptScoreOf(id))));
  }

  /** Score of one token; −Infinity when it is not kept. Does not change the form. */
  keptScoreOf(token_id: number): number {
    return this.#form === "compact" ? this.#compact.scoreOf(token_id) : this.#dense.keptScoreOf(token_id);
  }

  /** The n most likely kept tokens with ln of their probabilities. */
  top(n: number): TokenLogprob[] {
    const normaliser = this.form().normaliser(false);
    return this.#form === "dense" && n <= this.#dense.kernel.selected_ids.length
      ? this.#dense.top(n, normaliser)
      : this.#everything().rank().top(n, normaliser);
  }

  /**
   * Computes the share of the raw mass that the kept tokens hold; `of_row` is true when the raw mass is that of this
   * row. Restores the unchanged row.
   */
  keptMass(raw: RawRow, of_row = true): number {
    const banned = this.#form === "dense" && of_row ? this.#dense.bannedIds() : undefined;
    const { token_ids, count } = banned ?? this.#everything();
    this.restoreRow();
    return banned === undefined ? massOf(raw, token_ids, count) : 1 - massOf(raw, token_ids, count);
  }

  /**
   * Single tokens can be edited in the compact form or in a whole row, but not in a dense row that was
   * already cut.
   */
  #editable(): Compact | Dense {
    if (this.#form === "dense" && this.#dense.isCut) this.#everything();
    return this.#form === "compact" ? this.#compact : this.#dense;
  }

  #afterCut(changed: boolean): void {
    if (changed) this.#form = fillFromCut(this.#compact, this.#dense);
  }

  #turnCompact(capacity: number): Compact {
    this.#form = "compact";
    return this.#compact.reset(capacity);
  }
}
