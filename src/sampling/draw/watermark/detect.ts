/**
 * Looks for a watermark in texts that are given as token ids: no logits, no model. Pure: options and keys in, verdicts out.
 */
import { Problem, show } from "../../../errors.ts";
import { contextAt } from "./context-window.ts";
import type { ContextRule, Detector, Verdict } from "./scheme.ts";

export interface Text {
  readonly token_ids: ArrayLike<number>;
  /** how many of them are the prompt, which bears no mark */
  readonly prompt_length: number;
}

export interface Detection extends Verdict {
  /** how many tokens were looked at: those behind the prompt, repeats left out */
  readonly tokens: number;
  /** of each token of the text; null where it did not count */
  readonly values?: readonly (number | null)[];
}

/** Reads texts with one detector. Nothing of a text is left in it for the next. */
export class WatermarkReader {
  readonly #detector: Detector;
  readonly #rule: ContextRule;
  /** whether repeats count as often as they come */
  readonly #all: boolean;
  readonly #context: Int32Array;
  readonly #seen = new SeenWindows();
  #values = new Float64Array(1024);
  #places = new Int32Array(1024);

  constructor(detector: Detector, rule: ContextRule, repeats: "once" | "each") {
    this.#detector = detector;
    this.#rule = rule;
    this.#all = repeats === "each";
    this.#context = new Int32Array(rule.width);
  }

  /** What a text is: no token that counts is no evidence, p-value 1. */
  detect(text: Text, with_values: boolean): Detection {
    const count = this.#read(text);
    const verdict =
      count === 0 ? { score: 0, p_value: 1 } : this.#detector.judge(this.#values, count);
    return { ...verdict, tokens: count, ...(with_values && { values: this.#valuesOf(text, count) }) };
  }

  /** Takes the values of the tokens that count; returns how many they are. */
  #read({ token_ids, prompt_length }: Text): number {
    const { length } = token_ids;
    this.#makeRoom(length);
    const { counts_partial, counts } = this.#detector;
    const { width, padding, of_prompt } = this.#rule;
    const begin = of_prompt ? 0 : prompt_length;
    const reach = width + (counts === "ngrams" ? 1 : 0);
    this.#seen.begin(token_ids, begin, padding, length);
    let count = 0;
    for (let place = prompt_length; place < length; place++) {
      if (!counts_partial && place - begin < width) continue;
      if (!this.#all && this.#seen.has(place + (counts === "ngrams" ? 1 : 0), reach)) continue;
      contextAt(token_ids, begin, place, padding, this.#context);
      this.#values[count] = this.#detector.value(this.#context, token_ids[place]!);
      this.#places[count] = place;
      count += 1;
    }
    return count;
  }

  #valuesOf({ token_ids }: Text, count: number): (number | null)[] {
    const values: (number | null)[] = new Array(token_ids.length).fill(null);
    for (let i = 0; i < count; i++) values[this.#places[i]!] = this.#values[i]!;
    return values;
  }

  #makeRoom(length: number): void {
    if (length <= this.#values.length) return;
    this.#values = new Float64Array(2 * length);
    this.#places = new Int32Array(2 * length);
  }
}

/** Which windows of a text have come before: their ends in a table that is addressed by a hash of their tokens. */
class SeenWindows {
  #table = new Int32Array(2048);
  #tokens: ArrayLike<number> = [];
  #begin = 0;
  #padding = 0;

  begin(tokens: ArrayLike<number>, begin: number, padding: number, length: number): void {
    this.#tokens = tokens;
    this.#begin = begin;
    this.#padding = padding;
    let size = 64;
    while (size < 2 * length) size *= 2;
    this.#table = size > this.#table.length ? new Int32Array(size) : this.#table.fill(0);
  }

  /** Whether the window of `reach` tokens that ends before `end` has come; from now on it has. */
  has(end: number, reach: number): boolean {
    const mask = this.#table.length - 1;
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

/** The number of prompt tokens, held against the text. */
export function checkedPromptLength(value: unknown, length: number, pointer: string): number {
  if (value === undefined) return 0;
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= length) return Number(value);
  throw new Problem(
    "invalid_option",
    `prompt_length must be a whole number from 0 to the length of the text, ${length}, got ${show(value)}`,
    pointer,
  );
}
