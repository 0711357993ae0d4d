/**
 * Candidates in their dense form: the whole row in kernel memory, a temperature that only rescales (no pass over
 * the row), and a cut, the threshold that separates kept from removed tokens. Stages that touch few tokens edit
 * the row in place and leave what they overwrote in an undo list, so that raw log-probabilities can still be read.
 *
 *     score(id) = row[id] / temperature
 *     kept      ⇔ row[id] > floor, or row[id] = floor and id ≤ tie_id
 */

import { Problem } from "../errors.ts";
import { exp } from "../kernels/float64.ts";
import type { Kernel, Row } from "../kernels/kernel.ts";
import { banOthers } from "./mask.ts";
import { float32NotBelow, type MassRule, type Ties } from "./thresholds.ts";
import { type TokenLogprob, tokenLogprob } from "./token-logprob.ts";
import { Undo } from "./undo.ts";

/** Largest finite float32: an edit that would overflow stops here, so that a row never gains an infinity. */
const FLOAT32_MAX = 3.4028234663852886e38;

export class Dense {
  readonly kernel: Kernel;
  readonly undo = new Undo();
  #row: Row | undefined;
  temperature = 1;
  floor = Number.NEGATIVE_INFINITY;
  tie_id = 0;
  /** how many edits the block maxima already know of */
  #edits_seen = 0;
  #count = -1;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  reset(row: Row): void {
    this.#row = row;
    this.undo.clear();
    this.temperature = 1;
    this.floor = Number.NEGATIVE_INFINITY;
    this.tie_id = row.length - 1;
    this.#edits_seen = 0;
    this.#count = -1;
  }

  get row(): Row {
    return this.#row as Row; // reset() ran: candidates are only used between reset and the end of the step
  }

  get vocab_size(): number {
    return this.row.length;
  }

  /** True when some tokens were removed; edits are then no longer possible in this form. */
  get isCut(): boolean {
    return this.floor !== Number.NEGATIVE_INFINITY;
  }

  /** The row as the kernel should see it: block maxima repaired after edits. */
  settle(): Row {
    const { undo } = this;
    if (this.#edits_seen < undo.count) {
      const seen = this.#edits_seen;
      this.kernel.edited(
        this.row,
        undo.token_ids.subarray(seen),
        undo.count - seen,
        undo.logits.subarray(seen),
      );
      this.#edits_seen = undo.count;
      this.#count = -1;
      if (this.kernel.max(this.row) === Number.NEGATIVE_INFINITY) throw this.#allMasked();
    }
    return this.row;
  }

  /** Names the stage that masked the last token: the latest one without which a token would be left. */
  #allMasked(): Problem {
    const { undo, row, kernel } = this;
    const edited = undo.token_ids.slice(0, undo.count);
    for (;;) {
      const stage = undo.takeBackStage(row.values);
      kernel.edited(row, edited, edited.length);
      if (stage === undefined || kernel.max(row) !== Number.NEGATIVE_INFINITY)
        return maskedBy(stage ?? "the row");
    }
  }

  /** How many tokens are kept; those at −Infinity never are. */
  count(): number {
    const row = this.settle();
    if (this.#count < 0) this.#count = this.kernel.count(row, this.floor, this.tie_id);
    return this.#count;
  }

  max(): number {
    return this.kernel.max(this.settle()) / this.temperature;
  }

  /** Fills `into` with the largest scores, descending, and returns how many there are; at most as many as the kernel selects. */
  bestScores(into: Float64Array): number {
    const { kernel, temperature } = this;
    const count = kernel.topK(this.settle(), Math.min(into.length, this.count()));
    for (let i = 0; i < count; i++) into[i] = kernel.selected_logits[i]! / temperature;
    return count;
  }

  /** ln Σ exp(score) over the kept tokens. */
  logSumExp(): number {
    return this.kernel.logSumExp(this.settle(), this.temperature, this.floor, this.tie_id);
  }

  /** Cuts to the k largest (ties "keep": and those equal to the k-th). True when tokens were removed. */
  cutToTopK(k: number, ties: Ties): boolean {
    if (k >= this.count()) return false;
    this.kernel.kthLargest(this.row, k);
    const { floor, tie_id } = this.kernel.cut;
    return this.#cutAt(floor, ties === "keep" ? this.vocab_size - 1 : tie_id);
  }

  /**
   * Cuts to the smallest descending prefix whose mass reaches p. In a row that is already cut, p of the kept mass
   * m is p·m of the row's mass: both are prefixes of the same ranking.
   */
  cutToMass(p: number, { inclusive, ties, min_keep }: MassRule): boolean {
    const row = this.settle();
    this.kernel.topP(row, this.temperature, p * this.#keptShare(), inclusive);
    const { floor, tie_id } = this.kernel.cut;
    if (min_keep > 1 && this.kernel.count(row, floor, tie_id) < min_keep)
      return this.cutToTopK(min_keep, "cut");
    return this.#cutAt(floor, ties === "keep" ? this.vocab_size - 1 : tie_id);
  }

  /** Cuts to scores of at least `threshold`, and never fewer than the min_keep best. */
  cutAtScore(threshold: number, min_keep: number): boolean {
    const row = this.settle();
    const floor = float32NotBelow(threshold * this.temperature);
    const tie_id = this.vocab_size - 1;
    if (floor > this.kernel.max(row) || this.#fewerThan(min_keep, floor))
      return this.cutToTopK(min_keep, "cut");
    return this.#cutAt(floor, tie_id);
  }

  /**
   * Of the tokens with scores of at least `threshold` bans all but the last in rank, if there are two and min_keep
   * tokens stay. False, and nothing done, when they are too many to be listed.
   */
  banTopButLast(threshold: number, min_keep: number): boolean {
    const row = this.settle();
    const { selected_ids, selected_logits } = this.kernel;
    const top = this.kernel.gather(row, float32NotBelow(threshold * this.temperature), this.vocab_size - 1);
    if (top < 0) return false;
    if (top < 2 || this.count() - top + 1 < min_keep) return true;
    let last = 0;
    for (let i = 1; i < top; i++) if (selected_logits[i]! <= selected_logits[last]!) last = i;
    for (let i = 0; i < top; i++) if (i !== last) this.setScore(selected_ids[i]!, Number.NEGATIVE_INFINITY);
    return true;
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
    return this.kernel.draw(this.settle(), this.temperature, this.floor, this.tie_id, u);
  }

  scoreOf(token_id: number): number {
    return this.row.values[token_id]! / this.temperature;
  }

  /** Like scoreOf, and −Infinity for a token that was cut off. */
  keptScoreOf(token_id: number): number {
    const logit = this.row.values[token_id] ?? Number.NEGATIVE_INFINITY;
    const is_kept = logit > this.floor || (logit === this.floor && token_id <= this.tie_id);
    return is_kept ? logit / this.temperature : Number.NEGATIVE_INFINITY;
  }

  /** The n most likely kept tokens with ln of their probabilities. */
  top(n: number, logsumexp: number): TokenLogprob[] {
    const { kernel } = this;
    const count = kernel.topK(this.settle(), Math.min(n, kernel.selected_ids.length, this.count()));
    const top: TokenLogprob[] = [];
    for (let i = 0; i < count; i++)
      top.push(
        tokenLogprob(kernel.selected_ids[i]!, kernel.selected_logits[i]! / this.temperature - logsumexp),
      );
    return top;
  }

  setScore(token_id: number, score: number): void {
    const { values } = this.row;
    this.undo.push(this.row, token_id);
    const logit = score * this.temperature;
    values[token_id] = Number.isFinite(logit) ? Math.max(-FLOAT32_MAX, Math.min(FLOAT32_MAX, logit)) : logit;
  }

  /** Bans every token that a mask does not allow; undone as a whole. */
  mask(allowed: Uint32Array): void {
    const row = this.settle();
    this.undo.saveRow(row);
    banOthers(row.values, row.length, allowed);
    row.rescan(0, row.blocks);
    row.settle();
    this.#count = -1;
    if (this.kernel.max(row) === Number.NEGATIVE_INFINITY) throw maskedBy(this.undo.stage);
  }

  /** Puts every edited logit back; the row is again what came in. */
  restore(): void {
    this.undo.takeBackAll(this.row);
    this.#edits_seen = 0;
    this.#count = -1;
  }

  /** The distinct tokens that edits have banned; undefined where more than single tokens were removed. */
  bannedIds(): { readonly token_ids: readonly number[]; readonly count: number } | undefined {
    const { undo, row } = this;
    if (this.isCut || undo.isMasked) return undefined;
    const banned = new Set<number>();
    for (let i = 0; i < undo.count; i++) {
      const id = undo.token_ids[i]!;
      if (row.values[id] === Number.NEGATIVE_INFINITY) banned.add(id);
    }
    return { token_ids: [...banned], count: banned.size };
  }
}

/** The answer to a chain that leaves nothing to draw from. */
export function maskedBy(stage: string): Problem {
  return new Problem("all_tokens_masked", `every token is masked; ${stage} masked the last one`);
}
