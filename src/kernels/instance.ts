/** Compiles the wasm module once and makes instances of it, each with its own memory. */

import { KeptWeights } from "./kept-weights.ts";
import { KERNEL_BASE64 } from "./kernel.wasm.ts";
import { BINS, CANDIDATES_MAX, type KernelLimits, type Layout, layoutFor, SAMPLE_BINS } from "./layout.ts";

/** The module's exports; addresses are bytes into the memory. Each is documented in its source, in assembly/. */
export interface KernelExports {
  configure(
    block_values: number,
    block_scaled: number,
    block_weights: number,
    bins: number,
    selected_ids: number,
    selected_logits: number,
    sort_keys: number,
    sort_spare: number,
  ): void;
  configureBracket(
    bit_positions: number,
    bracket_counts: number,
    bracket_lanes: number,
    bracket_values: number,
    bracket_weights: number,
    counts: number,
    results: number,
    row_weights: number,
    bracket_bins: number,
  ): void;
  scan(values: number, maxima: number, blocks: number): number;
  largest(maxima: number, blocks: number): number;
  argmax(values: number, maxima: number, blocks: number, max: number): number;
  firstNaN(values: number, blocks: number): number;
  setWindow(floor: number, floor_tie: number, ceiling: number, ceiling_tie: number): void;
  gather(values: number, maxima: number, blocks: number, capacity: number): number;
  gatherEqual(
    values: number,
    maxima: number,
    blocks: number,
    x: number,
    found: number,
    wanted: number,
  ): number;
  nthEqual(values: number, maxima: number, blocks: number, x: number, n: number): number;
  count(values: number, maxima: number, blocks: number): number;
  blockThreshold(maxima: number, blocks: number, k: number, max: number): number;
  groupMaxima(values: number, blocks: number, to: number): void;
  sortSelection(length: number, keep: number): void;
  prepareWeights(largest: number, temperature: number): number;
  weightsArePlain(): number;
  nextUp(x: number): number;
  sumWeights(values: number, maxima: number, blocks: number, sums: number): number;
  sumAllWeights(values: number, blocks: number, sums: number, keep: boolean): number;
  draw(values: number, maxima: number, blocks: number, sums: number, total: number, u: number): number;
  massBefore(values: number, maxima: number, sums: number, id: number): number;
  boundBelow(values: number, maxima: number, blocks: number, limit: number, temperature: number): number;
  sample(values: number, blocks: number, vectors: number, limit: number, scale: number): void;
  bracket(values: number, blocks: number, low: number, high: number, sums: number): number;
  copySample(values: number, blocks: number, vectors: number, limit: number): number;
  bracketByCount(values: number, blocks: number, low: number, high: number): number;
  fillBracket(values: number, blocks: number): number;
  binBracket(size: number, high: number, scale: number, by_mass: boolean): number;
  collectBin(size: number, bin: number, capacity: number): number;
  addBracket(values: number, blocks: number, sums: number): number;
  weighSelection(length: number): void;
  histogram(
    values: number,
    maxima: number,
    blocks: number,
    low: number,
    high: number,
    shift: number,
    mask: number,
    by_mass: boolean,
  ): void;
  setMeasure(by_distance: boolean, center: number, rest: number): void;
  bracketAround(values: number, blocks: number, near: number, far: number, sums: number): number;
  moments(values: number, maxima: number, blocks: number, largest: number): void;
  weightScale(): number;
  weighRow(values: number, blocks: number, largest: number): void;
  sumKeptWeights(values: number, maxima: number, blocks: number, sums: number): number;
  valueMoments(values: number, maxima: number, blocks: number, largest: number): void;
  smallest(values: number, maxima: number, blocks: number): number;
  maskedCopy(values: number, blocks: number, words: number, to: number, maxima: number): void;
  copy(to: number, from: number, bytes: number): void;
  configureEdits(journal: number, marks: number, marked: number, spare_id: number): void;
  setValue(values: number, maxima: number, edits: number, id: number, value: number): number;
  addAmounts(
    values: number,
    maxima: number,
    edits: number,
    ids: number,
    amounts: number,
    count: number,
    temperature: number,
  ): number;
  penalise(
    values: number,
    maxima: number,
    edits: number,
    ids: number,
    begin: number,
    end: number,
    rules: number,
    steps: number,
    temperature: number,
    again: boolean,
  ): number;
  hasSome(maxima: number, blocks: number): number;
  smooth(
    values: number,
    blocks: number,
    to: number,
    maxima: number,
    temperature: number,
    largest: number,
    square: number,
    cube: number,
  ): void;
  distanceRow(
    values: number,
    blocks: number,
    to: number,
    maxima: number,
    share: number,
    target: number,
    width: number,
    peak: number,
    sharpness: number,
  ): void;
  tiltGreen(
    values: number,
    maxima: number,
    blocks: number,
    limit: number,
    gain: number,
    to: number,
    sums: number,
  ): number;
  tiltByFactors(
    values: number,
    maxima: number,
    blocks: number,
    factors: number,
    period: number,
    to: number,
    sums: number,
  ): number;
  drawTilted(weights: number, blocks: number, sums: number, total: number, u: number): number;
  foldWeights(values: number, maxima: number, blocks: number, period: number, to: number): number;
  playLayers(
    weights: number,
    bits: number,
    count: number,
    layers: number,
    total: number,
    factors: number,
  ): void;
  addRows(
    table: number,
    rows: number,
    blocks: number,
    shift: number,
    least: number,
    to: number,
    maxima: number,
  ): void;
  mixRows(table: number, rows: number, blocks: number, to: number, maxima: number): void;
  mixMaxima(table: number, rows: number, blocks: number, to: number): void;
  mixBetween(
    table: number,
    rows: number,
    blocks: number,
    bounds: number,
    from: number,
    below: number,
    to: number,
    maxima: number,
  ): void;
  maskBelow(blocks: number, bounds: number, from: number, to: number): void;
  divergence(table: number, blocks: number): number;
  weighScores(scores: number, count: number, max: number, to: number, step: number): number;
  largestScore(scores: number, count: number): number;
  scoreByDistance(
    scores: number,
    weights: number,
    count: number,
    target: number,
    width: number,
    peak: number,
    sharpness: number,
  ): void;
  divideEach(list: number, count: number, by: number): void;
  configureNoise(
    second: number,
    third: number,
    fourth: number,
    key_0: number,
    key_1: number,
    coarse: boolean,
  ): void;
  writeUniforms(ids: number, count: number, to: number): void;
  noisiest(ids: number, scores: number, count: number): number;
  noisiestOfRow(values: number, maxima: number, blocks: number, temperature: number, most: number): number;
  listRow(
    values: number,
    maxima: number,
    blocks: number,
    temperature: number,
    ids: number,
    scores: number,
  ): number;
  rankRow(
    values: number,
    maxima: number,
    blocks: number,
    temperature: number,
    ids: number,
    scores: number,
    keys: number,
    spare: number,
  ): number;
  rankIds(
    values: number,
    blocks: number,
    max: number,
    scale: number,
    keys: number,
    spare: number,
    ids: number,
    ranked: number,
  ): number;
  countBins(values: number, blocks: number, top: number, scale: number, counts: number): void;
  weighBins(
    values: number,
    blocks: number,
    top: number,
    scale: number,
    factor: number,
    counts: number,
    sums: number,
  ): void;
  gatherBins(
    values: number,
    blocks: number,
    top: number,
    scale: number,
    first: number,
    last: number,
    capacity: number,
  ): number;
  largestFromBin(values: number, blocks: number, top: number, scale: number, first: number): number;
  sumBends(weights: number, count: number): number;
  weighInOrder(row: number, end: number, max: number, factor: number, to: number): void;
  skewRanked(
    ids: number,
    ranked: number,
    count: number,
    share: number,
    max: number,
    inverse: number,
    log_mass: number,
    amount: number,
    to: number,
  ): void;
  repair(values: number, maxima: number): void;
  takeBack(values: number, edits: number): void;
  configureTokens(table: number, ids: number, counts: number): void;
  largestToken(list: number, length: number): number;
  countTokens(list: number, length: number, distinct: number): number;
  readCounts(distinct: number, to: number): void;
  listTokens(distinct: number): void;
  widenF16(from: number, to: number, elements: number): void;
  widenBF16(from: number, to: number, elements: number): void;
  widenBlocksOfF16(from: number, to: number, maxima: number, blocks: number): number;
  widenBlocksOfBF16(from: number, to: number, maxima: number, blocks: number): number;
}

/** One instance: the functions, their memory, and the layout of the memory. */
export interface Machine {
  readonly wasm: KernelExports;
  readonly buffer: ArrayBuffer;
  readonly layout: Layout;
  /** further results of a pass, besides its return value */
  readonly results: Float64Array;
  /** of a histogram: BINS of them */
  readonly bins: Float64Array;
  /** of a sampled histogram: SAMPLE_BINS of them */
  readonly counts: Int32Array;
  /** the selection, and its weights from `weighSelection`: CANDIDATES_MAX of each */
  readonly selected_ids: Int32Array;
  readonly selected_logits: Float32Array;
  readonly selected_weights: Float32Array;
  readonly kept: KeptWeights;
}

let compiled: WebAssembly.Module | undefined;

export function instantiate(limits: KernelLimits): Machine {
  compiled ??= new WebAssembly.Module(decodeBase64(KERNEL_BASE64));
  const layout = layoutFor(limits);
  const memory = new WebAssembly.Memory({ initial: layout.pages, maximum: layout.pages });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  // The interface above is written from the sources in assembly/, which build-wasm compiles into the module.
  const wasm = instance.exports as unknown as KernelExports;
  wasm.configure(
    layout.block_values,
    layout.block_scaled,
    layout.block_weights,
    layout.bins,
    layout.selected_ids,
    layout.selected_logits,
    layout.sort_keys,
    layout.sort_spare,
  );
  wasm.configureBracket(
    layout.bit_positions,
    layout.bracket_counts,
    layout.bracket_lanes,
    layout.bracket_values,
    layout.bracket_weights,
    layout.counts,
    layout.results,
    layout.row_weights,
    layout.bracket_bins,
  );
  wasm.configureEdits(layout.journal, layout.edit_marks, layout.edit_marked, layout.spare_id);
  wasm.configureTokens(layout.token_table, layout.token_ids, layout.token_counts);
  const { buffer } = memory;
  return {
    wasm,
    buffer,
    layout,
    // Made once, because a new view per step costs 0.1 µs and 0.1 kB.
    results: new Float64Array(buffer, layout.results, 8),
    bins: new Float64Array(buffer, layout.bins, BINS),
    counts: new Int32Array(buffer, layout.counts, SAMPLE_BINS),
    selected_ids: new Int32Array(buffer, layout.selected_ids, CANDIDATES_MAX),
    selected_logits: new Float32Array(buffer, layout.selected_logits, CANDIDATES_MAX),
    selected_weights: new Float32Array(buffer, layout.sort_spare, CANDIDATES_MAX),
    kept: new KeptWeights(),
  };
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
