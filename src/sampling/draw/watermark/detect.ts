/**
 * Detects a watermark in texts given as token ids, without logits or a model. It is a pure function of options and keys.
 */
import { allAtOnce } from "../../../pieces.ts";
import { contextAt } from "./context-window.ts";
import type { ContextRule, Detector, Verdict } from "./scheme.ts";

export interface Text {
  readonly token_ids: ArrayLike<number>;
  /** number of leading ids that are the prompt, which is not marked */
  readonly prompt_length: number;
}

export interface Detection extends Verdict {
  /** number of scored tokens: those after the prompt, without repeats */
  readonly tokens_counted: number;
  /** value of each token of the text; null for a token that does not count */
  readonly values?: readonly (number | null)[];
}

/** Work between two pauses, in the units of work.ts. */
const PIECE_WORK = 262_144;

/** Scores texts with one detector. No state is carried from text to text. */
export class WatermarkReader {
  readonly #detector: Detector;
  readonly #rule: ContextRule;
  readonly #reach: number;
  /** true when repeats count each time */
  readonly #all: boolean;
  readonly #context: Int32Array;
  readonly #seen = new SeenWindows();
  readonly #seen_evidence = new SeenWindows();
  /** two words for each counted token: see Detector.evidence */
  #evidence = new Int32Array(0);
  #values = new Float64Array(1024);
  #places = new Int32Array(1024);
  #count = 0;

  constructor(detector: Detector, rule: ContextRule, repeats: "once" | "each") {
    this.#detector = detector;
    this.#rule = rule;
    this.#reach = rule.width + (detector.counts === "ngrams" ? 1 : 0);
    this.#all = repeats === "each";
    this.#context = new Int32Array(rule.width);
  }

  /** The verdict on a text. A text without counted tokens has the p-value 1. Pauses regularly. */
  *pieces(text: Text, with_values: boolean): Generator<undefined, Detection> {
    const { token_ids, prompt_length } = text;
    this.#begin(text);
    const step = Math.max(1, Math.floor(PIECE_WORK / this.#detector.token_work));
    for (let first = prompt_length; first < token_ids.length; first += step) {
      this.#read(text, first, Math.min(first + step, token_ids.length));
      yield;
    }
    const count = this.#count;
    const verdict = count === 0 ? { score: 0, p_value: 1 } : this.#detector.judge(this.#values, count);
    return { ...verdict, tokens_counted: count, ...(with_values && { values: this.#valuesOf(text) }) };
  }

  /** The same in one piece. */
  detect(text: Text, with_values = false): Detection {
    return allAtOnce(this.pieces(text, with_values));
  }

  #begin({ token_ids, prompt_length }: Text): void {
    const { length } = token_ids;
    if (length > this.#values.length) {
      this.#values = new Float64Array(2 * length);
      this.#places = new Int32Array(2 * length);
    }
    this.#count = 0;
    if (this.#detector.counts !== "evidence")
      this.#seen.begin(token_ids, length, this.#beginOf(prompt_length), this.#rule.padding);
    if (this.#detector.evidence === undefined) return;
    if (2 * length > this.#evidence.length) this.#evidence = new Int32Array(4 * length);
    this.#seen_evidence.begin(this.#evidence, length, 0, 0);
  }

  #beginOf(prompt_length: number): number {
    return this.#rule.of_prompt ? 0 : prompt_length;
  }

  /** Computes the values of the counted tokens at these positions. */
  #read({ token_ids, prompt_length }: Text, first: number, end: number): void {
    const { counts_partial, counts } = this.#detector;
    const looks_back = !this.#all && counts !== "evidence";
    const { width, padding } = this.#rule;
    const begin = this.#beginOf(prompt_length);
    const own = counts === "ngrams" ? 1 : 0;
    for (let place = first; place < end; place++) {
      if (!counts_partial && place - begin < width) continue;
      if (looks_back && this.#seen.has(place + own, this.#reach)) continue;
      contextAt(token_ids, begin, place, padding, this.#context);
      if (!this.#isNew(token_ids[place]!)) continue;
      this.#values[this.#count] = this.#detector.value(this.#context, token_ids[place]!);
      this.#places[this.#count] = place;
      this.#count += 1;
    }
  }

  /** True when the evidence that decides the value of the token in the present context is new. */
  #isNew(token_id: number): boolean {
    if (this.#detector.evidence === undefined || this.#all) return true;
    const at = 2 * this.#count;
    if (!this.#detector.evidence(this.#context, token_id, this.#evidence, at)) return false;
    return !this.#seen_evidence.has(at + 2, 2);
  }

  #valuesOf({ token_ids }: Text): (number | null)[] {
    const values: (number | null)[] = new Array(token_ids.length).fill(null);
    for (let i = 0; i < this.#count; i++) values[this.#places[i]!] = this.#values[i]!;
    return values;
  }
}

/**
 * The windows of a text so far: a hash table of their ends. A text uses, and clears, no more of the table than its length
 * needs: a short text costs little after a long one.
 */
class SeenWindows {
  #table = new Int32Array(2048);
  #mask = 0;
  #tokens: ArrayLike<number> = [];
  #begin = 0;
  #padding = 0;

  /** Starts with at most `count` windows; padding precedes `begin`. */
  begin(tokens: ArrayLike<number>, count: number, begin: number, padding: number): void {
    this.#tokens = tokens;
    this.#begin = begin;
    this.#padding = padding;
    let size = 64;
    while (size < 2 * count) size *= 2;
    this.#mask = size - 1;
    if (size > this.#table.length) this.#table = new Int32Array(size);
    else this.#table.fill(0, 0, size);
  }

  /** True when the window of `reach` tokens that ends before `end` occurred before; adds it to the table. */
  has(end: number, reach: number): boolean {
    const mask = this.#mask;
    let slot = this.#hash(end, reach) & mask;
    for (;;) {
      const other = this.#table[slot]!;
      if (other === 0) {
        this.#table[slot] = end + 1;
        return false;
      }
      if (this.#same(other - 1, end, reach)) return true;
      slot = (slot + 1) & mask;
    }
  }

  #at(place: number): number {
    return place < this.#begin ? this.#padding : this.#tokens[place]!;
  }

  #hash(end: number, reach: number): number {
    let hash = 0x811c9dc5;
    for (let i = end - reach; i < end; i++) {
      hash = Math.imul(hash ^ this.#at(i), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  #same(a: number, b: number, reach: number): boolean {
    for (let i = 1; i <= reach; i++) if (this.#at(a - i) !== this.#at(b - i)) return false;
    return true;
  }
}
