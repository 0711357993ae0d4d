/**
 * Reversible edits of a row in memory. Edits of single tokens are recorded in a journal; edits of many tokens go to
 * a copy of the row. A kernel has one set of edits.
 */
import type { Machine } from "./instance.ts";
import { BLOCK, RULES_MAX } from "./layout.ts";
import type { Ranking } from "./ranking.ts";
import { Row } from "./row.ts";
import type { TokenTable } from "./tokens.ts";

/** s ← peak − sharpness·d²/(1 + d), d = |p − target|/width. */
export interface DistanceRule {
  readonly target: number;
  readonly width: number;
  readonly peak: number;
  readonly sharpness: number;
}

export class Edits {
  readonly #machine: Machine;
  readonly #copy: Row;
  readonly #ids: Int32Array;
  readonly #amounts: Float64Array;
  readonly #journal: Int32Array;
  readonly #journal_max: number;
  #original: Row;
  #row: Row;
  /** entries in the journal */
  #count = 0;
  /** ratio, constant, per_count; and in a fourth place, as i32, the address of the counts */
  readonly #rules: Float64Array;
  readonly #counts_of_rules: Int32Array;
  /** number of penalties on tokens of one list at one temperature that wait to be applied together */
  #waiting = 0;
  /** number of tokens of each, from the first of the list on */
  readonly #reaches = new Int32Array(RULES_MAX);
  #generation = -1;
  #temperature = 1;
  /** the list of the last entries' tokens, the number of these tokens, and the number of entries then */
  #penalised = -1;
  #penalised_reach = 0;
  #penalised_until = -1;
  /** true when the block maxima may be outdated */
  #is_open = false;
  /** the unchanged row's largest value */
  #max = 0;
  /** true when tokens may have been banned since the last `settle` */
  #may_ban = false;

  constructor(machine: Machine, vocab_size_max: number) {
    const { buffer, layout } = machine;
    this.#machine = machine;
    this.#copy = new Row(machine, layout.copy, vocab_size_max);
    this.#ids = new Int32Array(buffer, layout.list_ids, vocab_size_max);
    this.#amounts = new Float64Array(buffer, layout.list_amounts, vocab_size_max);
    this.#journal = new Int32Array(buffer, layout.journal, 2 * vocab_size_max);
    this.#journal_max = vocab_size_max;
    this.#rules = new Float64Array(buffer, layout.rules, 4 * RULES_MAX);
    this.#counts_of_rules = new Int32Array(buffer, layout.rules, 8 * RULES_MAX);
    this.#original = this.#copy;
    this.#row = this.#copy;
  }

  /** The edited row: the original or its copy. Between edits and `settle` its block maxima may be wrong. */
  get row(): Row {
    this.effect();
    return this.#row;
  }

  /** True when the edits may have banned every token; `settle` finds out. */
  get may_leave_none(): boolean {
    if (!this.#may_ban) return false;
    // Waiting penalties ban no token.
    const { maxima_address, blocks } = this.#row;
    this.#may_ban = this.#machine.wasm.hasSome(maxima_address, blocks) === 0;
    return this.#may_ban;
  }

  /** Starts with a finished row. Earlier edits that were not undone stay. */
  begin(row: Row): void {
    // The marks of blocks belong to no row then.
    if (this.#is_open) this.#machine.wasm.takeBack(row.address, 0);
    this.#original = row;
    this.#row = row;
    this.#max = row.max;
    this.#count = 0;
    this.#waiting = 0;
    this.#penalised = -1;
    this.#is_open = false;
    this.#may_ban = false;
  }

  /** Gives one token another value, clamped to float32's range; −Infinity bans it. */
  set(token_id: number, value: number): void {
    this.effect();
    this.#open(1);
    this.#may_ban = true;
    const { address, maxima_address } = this.#row;
    this.#count = this.#machine.wasm.setValue(address, maxima_address, this.#count, token_id, value);
  }

  /** s ← s + amount for some tokens of the row, where s = x/T and x is clamped to float32's range. */
  add(token_ids: Int32Array, amounts: Float64Array, temperature: number): void {
    const { wasm, layout } = this.#machine;
    const count = token_ids.length;
    this.effect();
    this.#open(count);
    this.#may_ban = true;
    this.#ids.set(token_ids);
    this.#amounts.set(amounts);
    const { address, maxima_address } = this.#row;
    this.#count = wasm.addAmounts(
      address,
      maxima_address,
      this.#count,
      layout.list_ids,
      layout.list_amounts,
      count,
      temperature,
    );
  }

  /**
   * s ← (s > 0 ? s/ratio : s·ratio) + constant + per_count·n for tokens of the row that were counted n times. Several
   * penalties on the same tokens are collected and applied in one pass.
   */
  penalise(
    { counts, distinct, generation }: TokenTable,
    ratio: number,
    constant: number,
    per_count: number,
    temperature: number,
  ): void {
    const follows = generation === this.#generation && temperature === this.#temperature;
    if (!follows || this.#waiting === RULES_MAX) this.effect();
    this.#generation = generation;
    this.#temperature = temperature;
    this.#reaches[this.#waiting] = distinct;
    const at = 4 * this.#waiting++;
    this.#rules[at] = ratio;
    this.#rules[at + 1] = constant;
    this.#rules[at + 2] = per_count;
    this.#counts_of_rules[2 * at + 6] = counts.byteOffset;
  }

  /** Applies the waiting penalties. Must be called before other tokens are counted. */
  effect(): void {
    if (this.#waiting === 0) return;
    let reach = 0;
    for (let i = 0; i < this.#waiting; i++) reach = Math.max(reach, this.#reaches[i]!);
    this.#open(reach);
    // The journal may already have their values from an earlier penalty.
    const again =
      this.#penalised === this.#generation &&
      this.#penalised_reach >= reach &&
      this.#penalised_until === this.#count;
    for (let begin = 0; begin < reach; ) begin = this.#penaliseFrom(begin, again);
    this.#waiting = 0;
    if (again) return;
    this.#penalised = this.#generation;
    this.#penalised_reach = reach;
    this.#penalised_until = this.#count;
  }

  /** Applies all rules that reach a place of the list, up to the place where the set of rules changes; returns that place. */
  #penaliseFrom(begin: number, again: boolean): number {
    const { wasm, layout } = this.#machine;
    const { address, maxima_address } = this.#row;
    let end = 0x7fffffff;
    let steps = 0;
    for (let i = 0; i < this.#waiting; i++) {
      const reach = this.#reaches[i]!;
      if (reach <= begin) continue;
      end = Math.min(end, reach);
      // Rules that end before here are done.
      if (steps < i) this.#rules.copyWithin(4 * steps, 4 * i, 4 * i + 4);
      this.#reaches[steps++] = reach;
    }
    this.#waiting = steps;
    this.#count = wasm.penalise(
      address,
      maxima_address,
      this.#count,
      layout.token_ids,
      begin,
      end,
      layout.rules,
      steps,
      this.#temperature,
      again,
    );
    return end;
  }

  /**
   * Bans every token whose bit is not set: bit i % 32 of word i / 32 for token i. Missing words count as 0; bits at
   * or past the row's length are ignored.
   */
  mask(words: Uint32Array): void {
    const { wasm, buffer, layout } = this.#machine;
    const { row } = this;
    const needed = row.blocks * (BLOCK / 32);
    const target = new Uint32Array(buffer, layout.mask_words, needed);
    if (words.length > needed) target.set(words.subarray(0, needed));
    else target.fill(0, words.length).set(words);
    const { address, maxima_address } = this.#copy;
    wasm.maskedCopy(row.address, row.blocks, layout.mask_words, address, maxima_address);
    this.#goOnInCopy();
  }

  /** s ← max + d²·(square + cube·d), d = s − max and s = x/T, for every token; the new values are scores at T = 1. */
  smooth(square: number, cube: number, temperature: number): void {
    const { wasm } = this.#machine;
    const row = this.settle();
    const { address, maxima_address } = this.#copy;
    const largest = row.max / temperature;
    wasm.smooth(row.address, row.blocks, address, maxima_address, temperature, largest, square, cube);
    this.#goOnInCopy();
  }

  /** Scores by the distance to a target, p = w·share of the kept weights of the settled row; the new values are scores at T = 1. */
  scoreByDistance(share: number, { target, width, peak, sharpness }: DistanceRule): void {
    const { wasm } = this.#machine;
    const { row } = this;
    const { address, maxima_address } = this.#copy;
    wasm.distanceRow(row.address, row.blocks, address, maxima_address, share, target, width, peak, sharpness);
    this.#goOnInCopy();
  }

  /** s ← ln(Cᵃ − (C − p)ᵃ) by the ranking of the settled row, whose kept weights sum up to `total`; the new values are scores at T = 1. */
  skew({ ids, values }: Ranking, temperature: number, total: number, log_mass: number, amount: number): void {
    const { wasm } = this.#machine;
    const { blocks, max } = this.row;
    const { address, maxima_address } = this.#copy;
    const count = blocks * BLOCK;
    wasm.skewRanked(ids, values, count, 1 / total, max, 1 / temperature, log_mass, amount, address);
    wasm.scan(address, maxima_address, blocks);
    this.#goOnInCopy();
  }

  /** The row with correct block maxima. Costs nothing when nothing was edited. */
  settle(): Row {
    const { row } = this;
    if (!this.#is_open) return row;
    this.#machine.wasm.repair(row.address, row.maxima_address);
    row.settle();
    this.#is_open = false;
    this.#may_ban = false;
    return row;
  }

  /** Restores the unchanged row and its block maxima. */
  revert(): void {
    this.#waiting = 0;
    if (this.#count > 0) this.#takeBack();
    this.#row = this.#original;
    this.#count = 0;
    this.#is_open = false;
  }

  /**
   * The distinct tokens that were edited one by one; undefined when there is a copy, in which any token may be
   * edited.
   */
  tokens(): Set<number> | undefined {
    this.effect();
    if (this.#row !== this.#original) return undefined;
    const tokens = new Set<number>();
    for (let i = 0; i < this.#count; i++) tokens.add(this.#journal[2 * i]!);
    return tokens;
  }

  /** Makes room for this number of edits. */
  #open(edits: number): void {
    const row = this.#row;
    const { wasm, layout } = this.#machine;
    this.#is_open = true;
    if (row === this.#copy) {
      // The copy is never restored, so each entry may overwrite the ones before.
      this.#count = 0;
      this.#penalised = -1;
    } else if (this.#count + edits > this.#journal_max) {
      wasm.copy(this.#copy.address, row.address, row.blocks * BLOCK * 4);
      wasm.copy(this.#copy.maxima_address, row.maxima_address, row.blocks * 4);
      wasm.repair(this.#copy.address, this.#copy.maxima_address);
      this.#goOnInCopy();
    } else if (this.#count === 0) {
      wasm.copy(layout.saved_maxima, row.maxima_address, row.blocks * 4);
    }
  }

  /** From here on edits go to the copy, which has the present values; the row itself is restored. */
  #goOnInCopy(): void {
    this.#takeBack();
    this.#penalised = -1;
    this.#copy.describe(this.#original);
    this.#row = this.#copy;
    this.#is_open = true;
    this.#may_ban = true;
  }

  #takeBack(): void {
    if (this.#count === 0 || this.#row !== this.#original) return;
    const { wasm, layout } = this.#machine;
    const row = this.#original;
    wasm.takeBack(row.address, this.#count);
    wasm.copy(row.maxima_address, layout.saved_maxima, row.blocks * 4);
    row.restored(this.#max);
    this.#count = 0;
  }
}
