/** How many of many texts bear a mark, by the p-values of each. */
import * as z from "zod";
import { parseWith } from "../../sampling/options/parse.ts";
import { addCounts, COUNT, SKETCH } from "../sums/saved.ts";
import { Sketch } from "../sums/sketch.ts";
import type { Tally } from "./tally.ts";

/** Texts without a mark fall below these in the same share of cases. */
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

export class DetectTally implements Tally {
  readonly #counts = counts();
  readonly #p_values = new Sketch();

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
    };
  }
}
