/**
 * Candidates in their compact form: the few tokens that a removing stage kept, as token ids and float64 scores
 * in parallel arrays. Its loops are plain float64, which is fast enough for every sampler without a kernel.
 *
 * Sums run over the arrays in their present order, which depends on the request alone.
 */
import { ln } from "../../../kernels/float64.ts";
import { type Noise, Normaliser } from "../../../kernels/kernel.ts";
import { type TokenLogprob, tokenLogprob } from "../../report/token-logprob.ts";
import { Positions } from "../positions.ts";
import { type MassRule, prefixOfMass, type Ties } from "../thresholds.ts";
import { drawDistinctPlaces, drawPlace, drawPlaces } from "./cumulative.ts";
import { type Lists, PlainLists } from "./lists.ts";
import { gatherTies, preferHighestIds, selectTop, sortById, sortByScore } from "./ordering.ts";

const CAPACITY_AT_START = 4096;

/**
 * Up to this number of best tokens, and up to this fraction of all, a selection is used; beyond that the
 * tokens are sorted.
 */
const SELECTED_MAX = 64;
const SELECTED_PART = 4;

export class Compact {
  token_ids: Int32Array;
  /** Scores, finite: a token with probability 0 is removed, not kept at −Infinity. */
  scores: Float64Array;
  count = 0;
  #order: "score" | "id" | "none" = "none";
  readonly #own: Lists;
  #lists: Lists;
  readonly #positions = new Positions();

  /** The lists are reused as long as they are large enough. */
  constructor(own: Lists = new PlainLists(CAPACITY_AT_START)) {
    this.#own = own;
    this.#lists = own;
    this.token_ids = own.token_ids;
    this.scores = own.scores;
  }

  /** Empties the arrays and makes room for n candidates. */
  reset(n: number): this {
    this.#positions.is_valid = false;
    if (n > this.#own.token_ids.length) {
      if (n > this.token_ids.length) this.#use(new PlainLists(n));
    } else if (this.#lists !== this.#own) this.#use(this.#own);
    this.count = 0;
    this.#order = "none";
    return this;
  }

  #use(lists: Lists): void {
    this.#lists = lists;
    this.token_ids = lists.token_ids;
    this.scores = lists.scores;
  }

  /** Records the order in which the caller has filled the arrays. */
  filled(count: number, order: "score" | "id" | "none"): void {
    this.count = count;
    this.#order = order;
  }

  copyTo(other: Compact): void {
    other.reset(this.count);
    other.token_ids.set(this.token_ids.subarray(0, this.count));
    other.scores.set(this.scores.subarray(0, this.count));
    other.filled(this.count, this.#order);
  }

  divideBy(temperature: number): void {
    for (let i = 0; i < this.count; i++) this.scores[i] = this.scores[i]! / temperature;
  }

  /**
   * s ← peak − sharpness·d²/(1 + d), d = |p − target|/width, for the probabilities of the last call that computed
   * them.
   */
  scoreByDistance(target: number, width: number, peak: number, sharpness: number): void {
    this.#lists.scoreByDistance(this.count, target, width, peak, sharpness);
    this.rescored();
  }

  /** Records that the caller has changed scores. */
  rescored(): void {
    if (this.#order === "score") this.#order = "none";
  }

  /** Largest score. */
  max(): number {
    return this.#order === "score" ? this.scores[0]! : this.#lists.max(this.count);
  }

  /** Smallest score. */
  min(): number {
    let min = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.count; i++) if (this.scores[i]! < min) min = this.scores[i]!;
    return min;
  }

  /** ln Σ exp(score), shifted by the maximum so that nothing overflows. */
  logSumExp(): number {
    return this.normaliser().logsumexp;
  }

  /** ln Σ exp in two parts, for log-probabilities. */
  normaliser(): Normaliser {
    const max = this.max();
    return new Normaliser(max, ln(this.#lists.sum(this.count, max)));
  }

  /** Softmax over the candidates, in their present order; valid until they change. */
  probabilities(): Float64Array {
    const { count } = this;
    this.#lists.divide(count, this.#lists.weigh(count, this.max()));
    return this.#lists.weights;
  }

  /** Orders by score descending, equal scores by lower token id. */
  rank(): this {
    if (this.#order === "score") return this;
    sortByScore(this.token_ids, this.scores, this.count);
    return this.#moved("score");
  }

  /** Orders by ascending token id: the order in which tokens are drawn. */
  orderById(): this {
    if (this.#order === "id") return this;
    sortById(this.token_ids, this.scores, this.count);
    return this.#moved("id");
  }

  /** Keeps the first n in the present order. */
  truncate(n: number): void {
    if (n >= this.count) return;
    this.count = n;
    this.#positions.is_valid = false;
  }

  /** Keeps the indices first ≤ i < end ≤ count, in the present order. */
  keepRange(first: number, end: number): void {
    this.truncate(end);
    if (first === 0) return;
    this.token_ids.copyWithin(0, first, end);
    this.scores.copyWithin(0, first, end);
    this.count = end - first;
    this.#positions.is_valid = false;
  }

  /** Keeps candidate i where keep[i] is not 0; order stays. */
  keepMarked(keep: ArrayLike<number>): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (keep[i] === 0) continue;
      this.token_ids[kept] = this.token_ids[i]!;
      this.scores[kept] = this.scores[i]!;
      kept++;
    }
    this.count = kept;
    this.#positions.is_valid = false;
  }

  /** Keeps the k largest; ties "keep" also keeps those equal to the k-th. Ranks. */
  keepTopK(k: number, ties: Ties): void {
    if (k >= this.count) return;
    if (this.#order !== "score" && k <= SELECTED_MAX && k * SELECTED_PART <= this.count)
      this.#select(k, ties);
    else this.rank().truncate(ties === "keep" ? this.#endOfTies(k) : k);
  }

  #select(k: number, ties: Ties): void {
    selectTop(this.token_ids, this.scores, this.count, k);
    this.truncate(ties === "keep" ? gatherTies(this.token_ids, this.scores, this.count, k) : k);
    this.#moved("score");
  }

  /**
   * The number of tokens in the smallest descending prefix whose mass reaches p. The probabilities must have been
   * computed since the last change, and the tokens ranked.
   */
  prefixIn(probabilities: Float64Array, p: number, { inclusive, ties, min_keep }: MassRule): number {
    const n = prefixOfMass(probabilities, this.count, p, inclusive);
    if (n < min_keep) return Math.min(min_keep, this.count);
    return ties === "keep" ? this.#endOfTies(n) : n;
  }

  /** Keeps the smallest descending prefix whose mass reaches p. Ranks. */
  keepMass(p: number, rule: MassRule): void {
    const probabilities = this.rank().probabilities();
    this.keepPrefix(this.prefixIn(probabilities, p, rule), rule);
  }

  /** Keeps the first n of the ranking. Where the cut falls between equal scores, `ties` decides. */
  keepPrefix(n: number, { ties }: MassRule): void {
    if (ties === "highest") preferHighestIds(this.token_ids, this.scores, this.count, n);
    this.truncate(n);
  }

  /** Keeps scores of at least `threshold`, and never fewer than the min_keep best. */
  keepScoresFrom(threshold: number, min_keep: number): void {
    const kept = this.#countFrom(threshold);
    if (kept < min_keep) this.keepTopK(min_keep, "cut");
    else if (kept < this.count) this.#removeBelow(threshold);
  }

  /**
   * The first n with ln of their probabilities, for a normaliser that the caller gives. Rank the tokens
   * first.
   */
  top(n: number, normaliser: Normaliser): TokenLogprob[] {
    const top: TokenLogprob[] = [];
    const end = Math.min(n, this.count);
    for (let i = 0; i < end; i++)
      top.push(tokenLogprob(this.token_ids[i]!, normaliser.logprobOf(this.scores[i]!)));
    return top;
  }

  /** The token at u of the cumulative distribution, taken in token-id order; u is not used when there is one token. */
  draw(u: () => number): number {
    if (this.count === 1) return this.token_ids[0]!;
    const total = this.#weighById();
    return this.token_ids[drawPlace(this.#lists.weights, this.count, total, u())]!;
  }

  /**
   * One draw for each uniform. Without replacement no token occurs twice (at most `count` tokens): each is drawn from
   * the remaining ones, as in Gumbel top-k (Kool et al., Stochastic Beams and Where to Find Them, 2019).
   */
  drawEach(uniforms: readonly number[], replacement: boolean): number[] {
    const places = replacement ? drawPlaces : drawDistinctPlaces;
    this.#weighById();
    return places(this.#lists.weights, this.count, uniforms).map((place) => this.token_ids[place]!);
  }

  /**
   * The interval of a token in the cumulative distribution that `draw` walks; from = to when it is no
   * candidate.
   */
  interval(token_id: number): { from: number; to: number } {
    const total = this.#weighById();
    const { weights } = this.#lists;
    let from = 0;
    let i = 0;
    for (; i < this.count && this.token_ids[i]! < token_id; i++) from += weights[i]!;
    const own = i < this.count && this.token_ids[i] === token_id ? weights[i]! : 0;
    return { from: from / total, to: (from + own) / total };
  }

  /** The token for which score + noise is largest, of equals the lowest id. */
  noisiest(noise: Noise): number {
    return this.token_ids[this.#lists.noisiest(this.count, noise)]!;
  }

  /**
   * The uniforms u in (0, 1) from which the noise is made, one for each candidate in the present order; valid until
   * the candidates change.
   */
  uniforms(noise: Noise): Float64Array {
    this.#lists.writeUniforms(this.count, noise);
    return this.#lists.weights;
  }

  /** Computes exp(score − max) in token-id order, and returns the sum. */
  #weighById(): number {
    this.orderById();
    return this.#lists.weigh(this.count, this.max());
  }

  /** The number of scores that are at least the n-th of the ranking. */
  #endOfTies(n: number): number {
    let end = n;
    while (end < this.count && this.scores[end] === this.scores[n - 1]) end++;
    return end;
  }

  #countFrom(threshold: number): number {
    let kept = 0;
    for (let i = 0; i < this.count; i++) if (this.scores[i]! >= threshold) kept++;
    return kept;
  }

  #removeBelow(threshold: number): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (this.scores[i]! < threshold) continue;
      this.token_ids[kept] = this.token_ids[i]!;
      this.scores[kept] = this.scores[i]!;
      kept++;
    }
    this.count = kept;
    this.#positions.is_valid = false;
  }

  has(token_id: number): boolean {
    return this.indexOf(token_id) >= 0;
  }

  /** Score of one token; −Infinity when it is not a candidate (any more). */
  scoreOf(token_id: number): number {
    const index = this.indexOf(token_id);
    return index < 0 ? Number.NEGATIVE_INFINITY : this.scores[index]!;
  }

  /** Gives one token another score; −Infinity removes it. A removed token stays removed. */
  setScore(token_id: number, score: number): void {
    const index = this.indexOf(token_id);
    if (index < 0) return;
    if (score === Number.NEGATIVE_INFINITY) {
      this.#remove(index);
      return;
    }
    this.scores[index] = score;
    if (this.#order === "score") this.#order = "none";
  }

  #remove(index: number): void {
    const last = this.count - 1;
    const moved = this.token_ids[last]!;
    this.#positions.put(this.token_ids[index]!, -1);
    if (index !== last) {
      this.token_ids[index] = moved;
      this.scores[index] = this.scores[last]!;
      this.#positions.put(moved, index);
      this.#order = "none";
    }
    this.count = last;
  }

  /** Index in the arrays; −1 for a token that is no candidate. */
  indexOf(token_id: number): number {
    return this.#positions.of(token_id, this.token_ids, this.count);
  }

  #moved(order: "score" | "id"): this {
    this.#order = order;
    this.#positions.is_valid = false;
    return this;
  }
}
