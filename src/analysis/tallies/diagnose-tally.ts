/**
 * Summarises a model's certainty over many rows: how often it was confident, torn or unsure, and the distribution of
 * each figure.
 */
import * as z from "zod";
import { parseWith } from "../../sampling/options/parse.ts";
import type { Diagnosis, Verdict } from "../diagnose.ts";
import { ExactSum } from "../sums/exact-sum.ts";
import { addCounts, COUNT, SKETCH, SUM } from "../sums/saved.ts";
import { Sketch } from "../sums/sketch.ts";
import type { Tally } from "./tally.ts";

/** The figures that are averaged, over the rows where they are finite. */
const FIGURES = [
  "probability",
  "margin",
  "entropy",
  "relative_entropy",
  "varentropy",
  "energy",
  "logit_variance",
] as const satisfies readonly (keyof Diagnosis)[];

const FIGURE = z.strictObject({ sum: SUM, spread: SKETCH });

const SAVED = z.strictObject({
  counts: z.strictObject({
    rows: COUNT,
    confident: COUNT,
    torn: COUNT,
    unsure: COUNT,
    labelled: COUNT,
    right: COUNT,
    confidently_wrong: COUNT,
    judged: COUNT,
    suspicious: COUNT,
  }),
  // one entry a figure: the record's keys are FIGURES
  figures: z.record(z.enum(FIGURES), FIGURE),
});

/** Facts about a row besides its figures. */
export interface Judgement {
  /** whether the most likely class is the true one; undefined: the true class is unknown */
  readonly is_right?: boolean;
  readonly is_confidently_wrong?: boolean;
  /** whether the row differs from those of a baseline; undefined: there is no baseline */
  readonly is_suspicious?: boolean;
}

export class DiagnoseTally implements Tally {
  readonly #counts = {
    rows: 0,
    confident: 0,
    torn: 0,
    unsure: 0,
    labelled: 0,
    right: 0,
    confidently_wrong: 0,
    judged: 0,
    suspicious: 0,
  } satisfies Record<Verdict, number> & Record<string, number>;
  readonly #figures = FIGURES.map((name) => ({ name, sum: new ExactSum(), spread: new Sketch() }));

  get rows(): number {
    return this.#counts.rows;
  }

  add(diagnosis: Diagnosis, { is_right, is_confidently_wrong, is_suspicious }: Judgement): void {
    const counts = this.#counts;
    counts.rows += 1;
    counts[diagnosis.verdict] += 1;
    if (is_right !== undefined) counts.labelled += 1;
    if (is_right === true) counts.right += 1;
    if (is_confidently_wrong === true) counts.confidently_wrong += 1;
    if (is_suspicious !== undefined) counts.judged += 1;
    if (is_suspicious === true) counts.suspicious += 1;
    const figures = this.#figures;
    for (let f = 0; f < figures.length; f++) {
      const { name, sum, spread } = figures[f]!;
      const value = diagnosis[name];
      if (value === null || value - value !== 0) continue;
      sum.add(value);
      spread.add(value);
    }
  }

  save(): object {
    const figures = this.#figures.map(({ name, sum, spread }) => [
      name,
      { sum: sum.toText(), spread: spread.save() },
    ]);
    return { counts: { ...this.#counts }, figures: Object.fromEntries(figures) };
  }

  merge(saved: unknown): void {
    const { counts, figures } = parseWith(SAVED, saved, "/tally");
    addCounts(this.#counts, counts);
    for (const { name, sum, spread } of this.#figures) {
      sum.addSum(figures[name].sum);
      spread.addSketch(figures[name].spread);
    }
  }

  report(): object {
    const { rows, confident, torn, unsure, labelled, right, confidently_wrong, judged, suspicious } =
      this.#counts;
    return {
      rows,
      verdicts: { confident, torn, unsure },
      ...(labelled > 0 && { labelled, accuracy: right / labelled, confidently_wrong }),
      ...(judged > 0 && { suspicious }),
      figures: Object.fromEntries(
        this.#figures.map(({ name, sum, spread }) => [name, figureReport(sum, spread)]),
      ),
    };
  }
}

/** The mean over the rows that have the figure. */
function figureReport(sum: ExactSum, spread: Sketch): object | null {
  const { range, total } = spread;
  if (range === undefined) return null;
  const quantile = (q: number) => spread.quantile(q);
  return {
    rows: total,
    mean: sum.value() / total,
    min: range[0],
    p1: quantile(0.01),
    p5: quantile(0.05),
    p25: quantile(0.25),
    p50: quantile(0.5),
    p75: quantile(0.75),
    p95: quantile(0.95),
    p99: quantile(0.99),
    max: range[1],
  };
}
