/** Counts how often conformal sets contained the true class, and their sizes. */
import * as z from "zod";
import { parseWith } from "../../sampling/options/parse.ts";
import { coverageOf } from "../conformal.ts";
import { addCounts, COUNT, SKETCH } from "../sums/saved.ts";
import { Sketch } from "../sums/sketch.ts";
import type { Tally } from "./tally.ts";

const SAVED = z.strictObject({
  counts: z.strictObject({ rows: COUNT, covered: COUNT, classes: COUNT }),
  sizes: SKETCH,
});

export class CoverTally implements Tally {
  readonly #counts = { rows: 0, covered: 0, classes: 0 };
  readonly #sizes = new Sketch();

  get rows(): number {
    return this.#counts.rows;
  }

  add(set: readonly number[], target: number): void {
    const counts = this.#counts;
    counts.rows += 1;
    counts.classes += set.length;
    if (set.includes(target)) counts.covered += 1;
    this.#sizes.add(set.length);
  }

  save(): object {
    return { counts: { ...this.#counts }, sizes: this.#sizes.save() };
  }

  merge(saved: unknown): void {
    const { counts, sizes } = parseWith(SAVED, saved, "/tally");
    addCounts(this.#counts, counts);
    this.#sizes.addSketch(sizes);
  }

  report(): object {
    const { rows, covered, classes } = this.#counts;
    const size = (q: number) => Math.round(this.#sizes.quantile(q) ?? 0);
    return {
      ...coverageOf(rows, covered, classes),
      set_sizes: { p50: size(0.5), p95: size(0.95), p99: size(0.99), max: this.#sizes.range?.[1] ?? 0 },
    };
  }
}
