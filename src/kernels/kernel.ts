/**
 * The typed interface of the wasm kernel: rows of float32 logits in one fixed WebAssembly.Memory, and the passes over
 * them. It handles rows, numbers and cuts, and knows no options, HTTP or JSON.
 *
 * Terms:
 *  - row: float32 values, padded with −Infinity to a multiple of 128, with one maximum per block of 128.
 *  - cut: `{floor, tie_id}`. Survivors are every x > floor and every x = floor whose id ≤ tie_id; optionally a
 *    ceiling bounds them from above by the same rule. −Infinity never survives.
 *  - selection: at most SELECTION_MAX (id, logit) pairs that the last selecting call left behind.
 *
 * A kernel is single-threaded scratch: a result is valid until the next call that makes one of the same kind. This file
 * has no loops: it chooses the pass and the sums, and records the results of the last call.
 */
import { assert } from "../errors.ts";
import { Combiner } from "./combine.ts";
import { distributionOf, type ValueMoments, valueMomentsOf } from "./distribution.ts";
import { type DistanceRule, Edits } from "./edits.ts";
import { instantiate, type Machine } from "./instance.ts";
import { ARRIVALS_BYTES, type KernelLimits, SELECTION_MAX } from "./layout.ts";
import { drawMarked, type MarkRule } from "./marks.ts";
import {
  BlockSums,
  draw,
  drawInfinite,
  intervalOf,
  keepWeights,
  logMass,
  logSumExp,
  normaliserOf,
  sumWeights,
} from "./mass.ts";
import type { Normaliser } from "./normaliser.ts";
import { configureNoise, type Noise } from "./philox.ts";
import { type RankedWeights, rankedWeights, ranking } from "./ranking.ts";
import { Row } from "./row.ts";
import { RowBins } from "./row-bins.ts";
import { ScoreList } from "./score-list.ts";
import { type Cut, EVERYTHING, gather, setWindow } from "./selection/cut.ts";
import { kthLargest, topK } from "./selection/select.ts";
import type { Distribution } from "./softmax.ts";
import { TokenTable } from "./tokens.ts";
import { findTopP, MASS_SLACK, massOf } from "./top-p/top-p.ts";
import { typicalCut } from "./typical/typical.ts";

export type { Combiner, LogRow } from "./combine.ts";
export type { ValueMoments } from "./distribution.ts";
export {
  DTYPE_NAMES,
  DTYPES,
  type Dtype,
  ENCODING_NAMES,
  ENCODINGS,
  type Encoding,
  encodingNamed,
  rowBytes,
  rowElements,
  type Scale,
  WIRE_DTYPES,
  type WireDtype,
} from "./dtypes.ts";
export type { DistanceRule, Edits } from "./edits.ts";
export { exp, ln } from "./float64.ts";
export { type KernelLimits, SELECTION_MAX, SOURCES_MAX } from "./layout.ts";
export { GAIN_MAX, type LayersRule, type MarkRule } from "./marks.ts";
export { Normaliser } from "./normaliser.ts";
export { coarseUniform, gumbelOf, type Noise, philox, uniformOf } from "./philox.ts";
export { Row } from "./row.ts";
export { LAST_BIN, type RowBins } from "./row-bins.ts";
export { type Cut, cutFrom, EVERY_TIE, EVERYTHING } from "./selection/cut.ts";
export type { Distribution } from "./softmax.ts";
export type { CountMemory, TokenTable } from "./tokens.ts";

export class Kernel {
  /** Edits a finished row, and restores it. */
  readonly edits: Edits;
  /** A list of many tokens with float64 scores. */
  readonly list: ScoreList;
  /** Counts of tokens, as penalties need them. */
  readonly tokens: TokenTable;
  /** Combines several rows into one. */
  readonly combiner: Combiner;
  /** A row in bins of equal width. */
  readonly bins: RowBins;
  /** SELECTION_MAX places, of which the first are the selection. */
  readonly selected_ids: Int32Array;
  readonly selected_logits: Float32Array;
  /** Memory into which bytes can be read: a row widens its elements from there, without a copy. */
  readonly arrivals: Uint8Array;
  /** Result of the last kthLargest, topP or typicalCut. */
  cut = EVERYTHING;
  readonly #machine: Machine;
  readonly #free: Row[] = [];
  /**
   * of the last normaliser, and of the last top-p; separate, so that the one does not disturb a draw from the
   * other
   */
  readonly #sums: BlockSums;
  readonly #cut_sums: BlockSums;
  #cut_mass: number | undefined = 1;
  #cut_row: Row | undefined;
  #cut_version = 0;
  #cut_temperature = 1;

  /** Has a memory of its own, of a size fixed by the limits. */
  constructor(limits: KernelLimits, machine = instantiate(limits)) {
    const { layout } = machine;
    this.#machine = machine;
    this.edits = new Edits(machine, limits.vocab_size_max);
    this.tokens = new TokenTable(machine, limits.vocab_size_max, () => this.edits.effect());
    this.list = new ScoreList(machine, limits.vocab_size_max);
    this.combiner = new Combiner(machine, limits.vocab_size_max);
    this.bins = new RowBins(machine);
    this.#sums = new BlockSums(layout.sums);
    this.#cut_sums = new BlockSums(layout.cut_sums);
    this.arrivals = new Uint8Array(machine.buffer, layout.arrivals, ARRIVALS_BYTES);
    this.selected_ids = machine.selected_ids.subarray(0, SELECTION_MAX);
    this.selected_logits = machine.selected_logits.subarray(0, SELECTION_MAX);
    for (let i = limits.rows_max - 1; i >= 0; i--)
      this.#free.push(new Row(machine, layout.rows + i * layout.row_bytes, limits.vocab_size_max));
  }

  /** A free row, or undefined when all are leased. */
  readonly leaseRow = (): Row | undefined => this.#free.pop();

  /** Returns a row. Returning it twice is a programming error. */
  readonly returnRow = (row: Row): void => {
    assert(!this.#free.includes(row), "a row is returned once");
    this.#free.push(row);
  };

  /** Index of the first NaN, −1 when there is none. Costs nothing unless the scan found one. */
  firstNaN(row: Row): number {
    return row.nan_suspected ? this.#machine.wasm.firstNaN(row.address, row.blocks) : -1;
  }

  /** Lowest id of the largest value; −1 when every token is masked. */
  argmax(row: Row): number {
    if (row.max === -Infinity) return -1;
    return this.#machine.wasm.argmax(row.address, row.maxima_address, row.blocks, row.max);
  }

  /** Selects the k largest (k ≤ SELECTION_MAX), sorted by logit descending, id ascending; −Infinity never. Returns how many. */
  topK(row: Row, k: number): number {
    return k === 1 ? this.#selectBest(row) : topK(this.#machine, row, k);
  }

  #selectBest(row: Row): number {
    const id = this.argmax(row);
    if (id < 0) return 0;
    this.selected_ids[0] = id;
    this.selected_logits[0] = row.values[id]! + 0; // −0 is +0 in a selection
    return 1;
  }

  /** Selects the survivors of a cut in id order and returns how many; −1 when there are more than SELECTION_MAX. */
  gather(row: Row, cut: Cut): number {
    setWindow(this.#machine, cut);
    return gather(this.#machine, row, SELECTION_MAX);
  }

  /** The cut that keeps exactly the k largest (any k ≥ 1), ids ascending among equals. Result in `cut`. */
  kthLargest(row: Row, k: number): void {
    this.cut = kthLargest(this.#machine, row, k);
  }

  /** Smallest logit that survives a cut; +Infinity when none does. */
  smallest(row: Row, cut: Cut): number {
    setWindow(this.#machine, cut);
    return this.#machine.wasm.smallest(row.address, row.maxima_address, row.blocks) + 0; // −0 is +0 here
  }

  /** How many tokens survive a cut. */
  count(row: Row, cut: Cut): number {
    if (this.#sums.count >= 0 && this.#sums.areOfCut(row, cut)) return this.#sums.count;
    if (this.#cut_sums.count >= 0 && this.#cut_sums.areOfCut(row, cut)) return this.#cut_sums.count;
    setWindow(this.#machine, cut);
    return this.#machine.wasm.count(row.address, row.maxima_address, row.blocks);
  }

  /** ln Σ exp(xᵢ/T) over the survivors of a cut, error ≤ 1e-6; −Infinity when none. Leaves block sums for `draw`. */
  logSumExp(row: Row, temperature: number, cut: Cut): number {
    return logSumExp(this.#machine, this.#sums, row, temperature, cut);
  }

  /**
   * The same in two parts, for log-probabilities; needs a finite survivor, and no survivor of +Infinity. With `keep`
   * the weights of a whole row are stored for passes that follow; without it the pass writes 4 bytes a token less, and
   * its bits are the same.
   */
  normaliser(row: Row, temperature: number, cut: Cut, keep = true): Normaliser {
    return normaliserOf(this.#machine, this.#sums, row, temperature, cut, keep);
  }

  /** ln Σ exp((xᵢ − max)/T) over a row whose largest value is finite, with the same error at any distance from zero. */
  logMass(row: Row, temperature: number): number {
    return logMass(this.#machine, this.#sums, row, temperature);
  }

  /**
   * Cut of the smallest descending prefix (logit descending, id ascending) whose mass reaches p of the row's mass
   * at T: a token survives iff the mass before it is < p − 1e-7, or ≤ p + 1e-7 when `inclusive`; the first always
   * does. The survivors are those of exact arithmetic unless a cumulated mass lies within 1e-6 of the bound.
   * The maximum must be finite. Result in `cut` and `cut_mass`.
   *
   * Returns the size of the selection, sorted as topK sorts; or −1 when more than SELECTION_MAX tokens survive,
   * and then leaves block sums for `draw`.
   */
  topP(row: Row, temperature: number, p: number, inclusive = false): number {
    const share = inclusive ? p + MASS_SLACK : p - MASS_SLACK;
    const question = { row, temperature, share, inclusive };
    const answer = findTopP(this.#machine, this.#cut_sums, question);
    this.#keep(row, temperature, answer.cut, answer.mass);
    return this.#select(row, temperature, answer.summed);
  }

  /**
   * Locally typical: the window of tokens whose −ln p is closest to the entropy of the row at T, until their mass
   * reaches p − 1e-7. Needs a finite maximum. Result in `cut`, with a ceiling, and `cut_mass`; tie rules in
   * typical.ts. Returns the size of the selection, sorted as topK sorts; −1 when there are more than SELECTION_MAX.
   */
  typicalCut(row: Row, temperature: number, p: number): number {
    const answer = typicalCut(this.#machine, this.#cut_sums, row, temperature, p - MASS_SLACK);
    this.#keep(row, temperature, answer.cut, answer.mass);
    if (answer.summed && this.#cut_sums.count > SELECTION_MAX) return -1;
    return this.#select(row, temperature, answer.summed);
  }

  /** The result of a cut, until the next one. */
  #keep(row: Row, temperature: number, cut: Cut, mass: number | undefined): void {
    this.cut = cut;
    this.#cut_mass = mass;
    this.#cut_row = row;
    this.#cut_version = row.version;
    this.#cut_temperature = temperature;
  }

  /** Selects the survivors of `cut` when they are few; otherwise computes their sums. */
  #select(row: Row, temperature: number, summed: boolean): number {
    const selected = this.gather(row, this.cut);
    if (selected >= 0) this.#machine.wasm.sortSelection(selected, selected);
    else if (!summed) sumWeights(this.#machine, this.#cut_sums, row, temperature, this.cut);
    return selected;
  }

  /**
   * Share of the row's mass that the last topP or typicalCut kept. Peaked rows are cut by bounds, and their weights are computed
   * only when this is read, so read it before the row is edited or returned.
   */
  get cut_mass(): number {
    if (this.#cut_mass === undefined) {
      const row = this.#cut_row;
      assert(row !== undefined && row.version === this.#cut_version, "the row is as it was when it was cut");
      this.#cut_mass = massOf(this.#machine, this.#sums, row, this.#cut_temperature, this.cut);
    }
    return this.#cut_mass;
  }

  /** Entropy, varentropy, Σp², normaliser and mean logit of the survivors at T, in one pass. Needs a finite one. */
  distribution(row: Row, temperature: number, cut: Cut): Distribution {
    return distributionOf(this.#machine, row, temperature, cut);
  }

  /** Count, mean and population standard deviation of the surviving logits, in float64. */
  valueMoments(row: Row, cut: Cut): ValueMoments {
    return valueMomentsOf(this.#machine, row, cut);
  }

  /**
   * Inverse CDF in id order over the survivors: the first token at which the running mass exceeds u of the total,
   * for u in [0, 1). Uses the block sums of the last logSumExp or topP when they are for the same row, T and cut,
   * and makes them otherwise. Tokens of +Infinity share the probability. −1 when nothing survives.
   */
  draw(row: Row, temperature: number, cut: Cut, u: number): number {
    const largest = Math.min(row.max, cut.ceiling);
    if (largest === -Infinity) return -1;
    if (largest === Infinity) return drawInfinite(this.#machine, row, u);
    return draw(this.#machine, this.#summed(row, temperature, cut), row, temperature, cut, u);
  }

  /**
   * The interval of a token in the cumulative distribution that `draw` walks: from = to when it does not survive. Needs a finite
   * maximum.
   */
  interval(row: Row, temperature: number, cut: Cut, token_id: number): { from: number; to: number } {
    const sums = this.#summed(row, temperature, cut);
    return intervalOf(this.#machine, sums, row, temperature, cut, token_id);
  }

  /**
   * The survivor for which x/T + noise is largest, of equals the lowest id; the row's maximum must survive, which it does
   * in a cut without ceiling. −1 when nothing does, and the first of those at +Infinity where there are any.
   */
  noisiest(row: Row, temperature: number, cut: Cut, noise: Noise): number {
    const most = this.argmax(row);
    if (most < 0 || row.max === Infinity) return most;
    configureNoise(this.#machine, noise);
    setWindow(this.#machine, cut);
    return this.#machine.wasm.noisiestOfRow(row.address, row.maxima_address, row.blocks, temperature, most);
  }

  /**
   * The survivor at u of the distribution that a watermark makes of them. The cut has no ceiling, the maximum is
   * finite.
   */
  drawMarked(row: Row, temperature: number, cut: Cut, rule: MarkRule, u: number): number {
    keepWeights(this.#machine, this.#sums, row, temperature);
    return drawMarked(this.#machine, row, cut, rule, u);
  }

  /** Scores every token of the row that is edited by the distance of its probability to a target; scores at T = 1. The maximum is finite. */
  scoreByDistance(temperature: number, rule: DistanceRule): void {
    const total = keepWeights(this.#machine, this.#sums, this.edits.settle(), temperature);
    this.edits.scoreByDistance(1 / total, rule);
  }

  /**
   * s ← ln(Cᵃ − (C − p)ᵃ), a = e^skew, C the probability of the token and all ranked before it, for every token of the row
   * that is edited; scores at T = 1. Returns false and does nothing when the row cannot be ranked in bins. The maximum is
   * finite.
   */
  skewByRank(temperature: number, skew: number): boolean {
    const row = this.edits.settle();
    const total = keepWeights(this.#machine, this.#sums, row, temperature);
    const ranked = ranking(this.#machine, row, temperature);
    if (ranked === undefined) return false;
    this.edits.skew(ranked, temperature, total, this.logMass(row, temperature), skew);
    return true;
  }

  /** The weights at a temperature in the order of the ranking; undefined when the row cannot be ranked in bins. */
  rankedWeights(row: Row, temperature: number): RankedWeights | undefined {
    return rankedWeights(this.#machine, row, temperature);
  }

  /** The sums of a cut, computed if needed. */
  #summed(row: Row, temperature: number, cut: Cut): BlockSums {
    if (this.#cut_sums.areOf(row, temperature, cut)) return this.#cut_sums;
    if (!this.#sums.areOf(row, temperature, cut))
      sumWeights(this.#machine, this.#sums, row, temperature, cut);
    return this.#sums;
  }
}
