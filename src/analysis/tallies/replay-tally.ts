/** Checks over many steps whether the tokens that a host reports are those that the steps draw. */
import * as z from "zod";
import { parseWith } from "../../sampling/options/parse.ts";
import { ExactSum } from "../sums/exact-sum.ts";
import { addCounts, addSums, COUNT, SKETCH, SUM, savedSums } from "../sums/saved.ts";
import { Sketch } from "../sums/sketch.ts";
import type { Tally } from "./tally.ts";

const SAVED = z.strictObject({
  counts: z.strictObject({ rows: COUNT, matches: COUNT, agreeing: COUNT, impossible: COUNT }),
  sums: z.strictObject({ divergence: SUM }),
  misses: SKETCH,
});

/** The result of one replayed step. */
interface Replayed {
  readonly match: boolean;
  readonly agrees: boolean;
  /** null for a token that was not kept */
  readonly margin: number | null;
}

export class ReplayTally implements Tally {
  readonly #counts = { rows: 0, matches: 0, agreeing: 0, impossible: 0 };
  readonly #sums = { divergence: new ExactSum() };
  /** the margin by which a token was missed, for kept tokens that did not match */
  readonly #misses = new Sketch();

  get rows(): number {
    return this.#counts.rows;
  }

  /** `divergence` is the mean of this count per step. */
  add({ match, agrees, margin }: Replayed, divergence: number): void {
    const counts = this.#counts;
    counts.rows += 1;
    if (match) counts.matches += 1;
    if (agrees) counts.agreeing += 1;
    if (match) return;
    if (margin === null) counts.impossible += 1;
    else this.#misses.add(Math.max(0, -margin));
    this.#sums.divergence.add(divergence);
  }

  save(): object {
    return { counts: { ...this.#counts }, sums: savedSums(this.#sums), misses: this.#misses.save() };
  }

  merge(saved: unknown): void {
    const { counts, sums, misses } = parseWith(SAVED, saved, "/tally");
    addCounts(this.#counts, counts);
    addSums(this.#sums, sums);
    this.#misses.addSketch(misses);
  }

  report(): object {
    const { rows, matches, agreeing, impossible } = this.#counts;
    const miss = (q: number) => this.#misses.quantile(q) ?? null;
    return {
      rows,
      matches,
      agreeing,
      /** tokens that were not kept, or whose draw rule has no margin */
      without_margin: impossible,
      mean_divergence: rows === 0 ? 0 : this.#sums.divergence.value() / rows,
      misses: { p50: miss(0.5), p99: miss(0.99), max: this.#misses.range?.[1] ?? null },
    };
  }
}
