/** Counts how many of many texts have a watermark, by the p-value of each. */
import * as z from "zod";
import { parseWith } from "../../sampling/options/parse.ts";
import { binomialInterval } from "../binomial-interval.ts";
import { addCounts, COUNT, SKETCH } from "../sums/saved.ts";
import { Sketch } from "../sums/sketch.ts";
import type { Tally } from "./tally.ts";

/** Levels of p. Unmarked texts fall below each level with that probability. */
const LEVELS = { below_0_05: 0.05, below_0_01: 0.01, below_0_0001: 1e-4, below_0_000001: 1e-6 } as const;

const counts = () => ({
  rows: 0,
  without_tokens: 0,
  tokens: 0,
  below_0_05: 0,
  below_0_01: 0,
  below_0_0001: 0,
  below_0_000001: 0,
});

const SAVED = z.strictObject({
  counts: z.strictObject({
    rows: COUNT,
    without_tokens: COUNT,
    tokens: COUNT,
    below_0_05: COUNT,
    below_0_01: COUNT,
    below_0_0001: COUNT,
    below_0_000001: COUNT,
  }),
  p_values: SKETCH,
});

/** Shares of unmarked texts for which thresholds are reported. */
const SHARES = [0.05, 0.01, 0.001] as const;

export class DetectTally implements Tally {
  readonly #is_unmarked: boolean;
  readonly #counts = counts();
  readonly #p_values = new Sketch();

  /** With `is_unmarked` the texts have no watermark: the report has the false positives of the key, and thresholds. */
  constructor(is_unmarked = false) {
    this.#is_unmarked = is_unmarked;
  }

  get rows(): number {
    return this.#counts.rows;
  }

  add({ p_value, tokens_counted }: { readonly p_value: number; readonly tokens_counted: number }): void {
    const counted = this.#counts;
    counted.rows += 1;
    counted.tokens += tokens_counted;
    if (tokens_counted === 0) counted.without_tokens += 1;
    for (const [name, level] of Object.entries(LEVELS))
      if (p_value < level) counted[name as keyof typeof LEVELS] += 1; // a key of LEVELS
    this.#p_values.add(p_value);
  }

  save(): object {
    return { counts: { ...this.#counts }, p_values: this.#p_values.save() };
  }

  merge(saved: unknown): void {
    const { counts: more, p_values } = parseWith(SAVED, saved, "/tally");
    addCounts(this.#counts, more);
    this.#p_values.addSketch(p_values);
  }

  report(): object {
    const { rows, without_tokens, tokens, ...below } = this.#counts;
    const quantile = (q: number) => this.#p_values.quantile(q) ?? null;
    return {
      rows,
      without_tokens,
      tokens_counted: tokens,
      p_values: { ...below, p5: quantile(0.05), p50: quantile(0.5), p95: quantile(0.95) },
      ...(this.#is_unmarked && { false_positives: this.#falsePositives(), thresholds: this.#thresholds() }),
    };
  }

  /** How often p is below each level, with a 95 % interval: the behaviour of this key on texts like these. */
  #falsePositives(): object[] {
    const counted = this.#counts;
    return Object.entries(LEVELS).map(([name, level]) => {
      const texts = counted[name as keyof typeof LEVELS]; // a key of LEVELS
      if (counted.rows === 0) return { level, texts, share: null, low: null, high: null };
      const [low, high] = binomialInterval(texts, counted.rows);
      return { level, texts, share: texts / counted.rows, low, high };
    });
  }

  /** For each share, the p-value that at most that share of these texts reaches; null when there are too few texts. */
  #thresholds(): object[] {
    return SHARES.map((share) => {
      const count = Math.floor(share * this.#counts.rows);
      return { share, p_value: count < 1 ? null : (this.#p_values.below(count) ?? null) };
    });
  }

  /** The share of texts below .01; undefined without texts. */
  get false_positive_share(): number | undefined {
    const { rows, below_0_01 } = this.#counts;
    return rows === 0 ? undefined : below_0_01 / rows;
  }
}

/** The same texts under several keys, to choose one. */
export class KeysTally implements Tally {
  readonly #of_key: ReadonlyMap<string, DetectTally>;

  constructor(keys: readonly string[], is_unmarked: boolean) {
    this.#of_key = new Map(keys.map((key) => [key, new DetectTally(is_unmarked)]));
  }

  get rows(): number {
    return this.#of_key.values().next().value?.rows ?? 0;
  }

  /** The tally of one of the keys. */
  of(key: string): DetectTally {
    return this.#of_key.get(key) as DetectTally; // asked for the keys that it was made with
  }

  save(): object {
    return Object.fromEntries([...this.#of_key].map(([key, tally]) => [key, tally.save()]));
  }

  merge(saved: unknown): void {
    const of_key = parseWith(z.record(z.string(), z.unknown()), saved, "/tally");
    for (const [key, tally] of this.#of_key) tally.merge(of_key[key]);
  }

  /** The keys in the order of their false positives, fewest first, then by id. */
  report(): object {
    const shareOf = (tally: DetectTally) => tally.false_positive_share ?? 0;
    const sorted = [...this.#of_key].sort(
      ([a, first], [b, second]) => shareOf(first) - shareOf(second) || (a < b ? -1 : 1),
    );
    return { keys: sorted.map(([key, tally]) => ({ key, ...tally.report() })) };
  }
}
