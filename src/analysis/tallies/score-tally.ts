/** Scores of many rows together: the mean loss, and how often the true class was among the first. */
import * as z from "zod";
import { parseWith } from "../../sampling/options/parse.ts";
import { type Loss, lossOf, type Score } from "../score.ts";
import { ExactSum } from "../sums/exact-sum.ts";
import { addCounts, addSums, COUNT, SKETCH, SUM, savedSums } from "../sums/saved.ts";
import { Sketch } from "../sums/sketch.ts";
import type { Tally } from "./tally.ts";

const SAVED = z.strictObject({
  counts: z.strictObject({
    rows: COUNT,
    top_1: COUNT,
    top_5: COUNT,
    top_10: COUNT,
    impossible: COUNT,
    outside: COUNT,
  }),
  sums: z.strictObject({ cross_entropy: SUM, reciprocal_rank: SUM }),
  spread: SKETCH,
});

/** A score, and whether its class was omitted from a row with only its best classes. */
export type TailedScore = Score & { readonly is_outside?: boolean };

export class ScoreTally implements Tally {
  readonly #counts = { rows: 0, top_1: 0, top_5: 0, top_10: 0, impossible: 0, outside: 0 };
  readonly #sums = { cross_entropy: new ExactSum(), reciprocal_rank: new ExactSum() };
  readonly #spread = new Sketch();

  get rows(): number {
    return this.#counts.rows;
  }

  add({ logprob, rank, is_outside = false }: TailedScore): void {
    const counts = this.#counts;
    counts.rows += 1;
    if (rank === 1) counts.top_1 += 1;
    if (rank <= 5) counts.top_5 += 1;
    if (rank <= 10) counts.top_10 += 1;
    if (is_outside) counts.outside += 1;
    this.#sums.cross_entropy.add(-logprob);
    this.#sums.reciprocal_rank.add(1 / rank);
    if (logprob === Number.NEGATIVE_INFINITY) counts.impossible += 1;
    else this.#spread.add(-logprob);
  }

  save(): object {
    return { counts: { ...this.#counts }, sums: savedSums(this.#sums), spread: this.#spread.save() };
  }

  merge(saved: unknown): void {
    const { counts, sums, spread } = parseWith(SAVED, saved, "/tally");
    addCounts(this.#counts, counts);
    addSums(this.#sums, sums);
    this.#spread.addSketch(spread);
  }

  loss(): Loss {
    return lossOf(this.#sums.cross_entropy, this.rows);
  }

  report(): object {
    const { rows, top_1, top_5, top_10, impossible, outside } = this.#counts;
    const quantile = (q: number) => this.#spread.quantile(q) ?? null;
    return {
      ...this.loss(),
      top_1: top_1 / rows,
      top_5: top_5 / rows,
      top_10: top_10 / rows,
      mean_reciprocal_rank: this.#sums.reciprocal_rank.value() / rows,
      impossible,
      outside_of_top: outside,
      cross_entropy_quantiles: {
        p1: quantile(0.01),
        p25: quantile(0.25),
        p50: quantile(0.5),
        p75: quantile(0.75),
        p99: quantile(0.99),
      },
    };
  }
}
