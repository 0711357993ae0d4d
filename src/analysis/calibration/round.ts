/**
 * Calibration in rounds, for sets that are too large to be kept or that lie in many places. A round reads all rows once
 * and adds up what the search for the temperature asks for at the 1/T where it stands; the sums of parts are merged, and
 * say where the next round looks. The last round judges the set at the temperature that was found.
 *
 * The search is that of calibrate.ts, and so are the sums: it finds the same temperature to the bit.
 */
import * as z from "zod";
import { Problem } from "../../errors.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import { type Conformal, type ConformalChoice, conformity, thresholdPlace } from "../conformal.ts";
import { brier, lookAt } from "../judge.ts";
import { type Moments, weightOf } from "../moments.ts";
import type { RowReader } from "../row-reader.ts";
import { addSums, COUNT, SKETCH, SUM, savedSums } from "../sums/saved.ts";
import { FINE, Sketch } from "../sums/sketch.ts";
import { keptPlace, type Tail, withTail } from "../tail.ts";
import type { Tally } from "../tallies/tally.ts";
import { asClasses, classOf, requireTarget, type TaskRow } from "../tasks/task.ts";
import type { Interval } from "./bootstrap.ts";
import { addClasswise, type ClasswiseBins, startClasswise } from "./classwise.ts";
import {
  addSlope,
  advance,
  fitOf,
  startSearch,
  startSlope,
  type TemperatureSearch,
} from "./fit-temperature.ts";
import { type Quality, type QualityDetail, QualitySums } from "./quality.ts";
import { equalEdges } from "./reliability.ts";
import { eceInterval, type SumIntervalOptions, temperatureInterval } from "./sum-intervals.ts";

/** Class-wise sums take two numbers a class and bin: more of them are not kept. */
const CLASSWISE_SUMS_MAX = 2 ** 20;

export interface RoundOptions extends QualityDetail, SumIntervalOptions {
  readonly bins: number;
  readonly conformal?: ConformalChoice | undefined;
}

/** Where a calibration stands between two rounds: plain data. */
export interface CalibrationState {
  readonly search: TemperatureSearch;
  /** the set at temperature 1, known after the first round */
  readonly before: Judged | null;
}

interface Judged {
  readonly quality: Quality;
  readonly ece_interval: Interval | null;
}

/** What the last round gives. */
export interface CalibrationReport {
  readonly calibration: { readonly method: "temperature_scaling"; readonly temperature: number };
  readonly passes: number;
  readonly rows: number;
  readonly before: Quality;
  readonly after: Quality;
  /** its threshold is at most 0.03 % below that of all rows at once: sets may be larger, and never miss more */
  readonly conformal?: Conformal;
  readonly intervals?: {
    readonly temperature: Interval;
    readonly ece_before: Interval;
    readonly ece_after: Interval;
  };
}

export function startCalibration(): CalibrationState {
  return { search: startSearch(), before: null };
}

/** The next round's state, or the report when there is none. */
export function afterRound(
  state: CalibrationState,
  tally: CalibrationTally,
  options: RoundOptions,
): { readonly next: CalibrationState } | { readonly report: CalibrationReport } {
  if (tally.rows === 0)
    throw new Problem("cannot_calibrate", "a calibration needs at least 1 row, got 0", "/targets");
  if (state.search.done) return { report: reportOf(state, tally, options) };
  const before = state.before ?? tally.judged("before", options);
  const search = advance(state.search, tally.slope);
  if (search.done) fitOf(search); // which throws when nothing was found
  return { next: { search, before } };
}

function reportOf(
  { search, before }: CalibrationState,
  tally: CalibrationTally,
  options: RoundOptions,
): CalibrationReport {
  const { temperature, passes } = fitOf(search);
  const after = tally.judged("after", options);
  if (before === null)
    throw new Problem(
      "invalid_option",
      "the last round needs what the first one found, got nothing",
      "/state",
    );
  const intervals = before.ece_interval !== null &&
    after.ece_interval !== null && {
      intervals: {
        temperature: temperatureInterval(tally.slope, temperature, options),
        ece_before: before.ece_interval,
        ece_after: after.ece_interval,
      },
    };
  const calibration = { method: "temperature_scaling", temperature } as const;
  const conformal = options.conformal && { conformal: tally.conformal(options.conformal, temperature) };
  return {
    calibration,
    passes,
    rows: tally.rows,
    before: before.quality,
    after: after.quality,
    ...conformal,
    ...intervals,
  };
}

const SAVED = z.strictObject({
  rows: COUNT,
  classes: COUNT,
  has_tails: z.boolean(),
  slope: z.strictObject({ gradient: SUM, square: SUM, curvature: SUM }),
  quality: z.unknown(),
  conformities: SKETCH,
});

/** The sums of one round. */
export class CalibrationTally implements Tally {
  readonly slope = startSlope();
  readonly #beta: number;
  readonly #judges: boolean;
  /** asked for in the last round */
  readonly #conformal: ConformalChoice | undefined;
  readonly #conformities = new Sketch(FINE);
  readonly #options: RoundOptions;
  #rows = 0;
  #classes = 0;
  #has_tails = false;
  #classwise: ClasswiseBins | undefined;
  #quality: QualitySums | undefined;

  constructor({ search }: CalibrationState, options: RoundOptions) {
    this.#beta = search.beta;
    this.#judges = search.passes === 0 || search.done;
    this.#options = options;
    this.#conformal = search.done ? options.conformal : undefined;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds a row, or throws a Problem and adds nothing. */
  take(row: TaskRow, reader: RowReader): void {
    const { tail } = row;
    const values = tail === undefined ? asClasses(row.values) : row.values;
    const classes = values.length + (tail?.count ?? 0);
    const target = requireTarget(row.target, classes);
    const of_kept = reader.moments(values, this.#beta);
    const m = tail === undefined ? of_kept : withTail(of_kept, tail);
    const place = tail === undefined ? target : keptPlace(tail, target);
    const logit = place < 0 ? tail!.logit : values[place]!;
    if (logit === Number.NEGATIVE_INFINITY) {
      const detail = `the logit of a row's target must be finite, got -Infinity for class ${target}`;
      throw new Problem("cannot_calibrate", detail, "/target");
    }
    if (tail !== undefined && this.#conformal !== undefined)
      throw new Problem(
        "option_conflict",
        "conformal sets need all classes of a row, got only its best",
        "/logits",
      );
    this.#begin(classes, tail !== undefined);
    this.#rows += 1;
    addSlope(this.slope, m, logit);
    if (this.#quality === undefined) return;
    if (tail === undefined) {
      const p = reader.probabilities(values, this.#beta) as Float64Array;
      this.#quality.add(lookAt(m, logit, target, brier(p, target)));
      if (this.#classwise !== undefined) addClasswise(this.#classwise, p, target);
      if (this.#conformal !== undefined) this.#conformities.add(conformity(p, target, this.#conformal));
      return;
    }
    const winner = { ...m, max_id: classOf(m.max_id, tail) };
    this.#quality.add(lookAt(winner, logit, target, brierOfKept(m, values, place, tail)));
  }

  /** The quality of a round that judges. */
  judged(name: string, options: RoundOptions): Judged {
    if (this.#quality === undefined)
      throw new Problem("invalid_option", "the sums must be those of a round that judges", "/tally");
    const quality = this.#quality.quality();
    const ece_interval =
      options.resamples === 0 ? null : eceInterval(this.#quality.bins, quality.ece, name, options);
    return { quality, ece_interval };
  }

  conformal(choice: ConformalChoice, temperature: number): Conformal {
    const place = thresholdPlace(this.#rows, choice.miscoverage);
    const threshold = place === 0 ? null : (this.#conformities.below(place) ?? null);
    return { ...choice, threshold, temperature, rows: this.#rows };
  }

  save(): object {
    return {
      rows: this.#rows,
      classes: this.#classes,
      has_tails: this.#has_tails,
      slope: savedSums({ ...this.slope }),
      quality: this.#quality?.save() ?? null,
      conformities: this.#conformities.save(),
    };
  }

  merge(saved: unknown): void {
    const { rows, classes, has_tails, slope, quality, conformities } = parseWith(SAVED, saved, "/tally");
    if (rows === 0) return;
    this.#begin(classes, has_tails);
    this.#rows += rows;
    addSums({ ...this.slope }, slope);
    this.#quality?.merge(quality);
    this.#conformities.addSketch(conformities);
  }

  report(): object {
    return { rows: this.#rows };
  }

  /** The first row says how many classes there are, and whether rows are whole: the others must be alike. */
  #begin(classes: number, has_tails: boolean): void {
    if (this.#classes !== 0) {
      if (classes === this.#classes && has_tails === this.#has_tails) return;
      const kind = (count: number, tails: boolean) => `${count}${tails ? ", with a tail" : ""}`;
      const detail = `all rows must hold as many logits as the first, ${kind(this.#classes, this.#has_tails)}, got ${kind(classes, has_tails)}`;
      throw new Problem("length_mismatch", detail, "/logits");
    }
    this.#classes = classes;
    this.#has_tails = has_tails;
    if (!this.#judges) return;
    const { bins } = this.#options;
    if (!has_tails && classes * bins <= CLASSWISE_SUMS_MAX) this.#classwise = startClasswise(classes, bins);
    this.#quality = new QualitySums(equalEdges(bins), this.#options, this.#classwise);
  }
}

/** Σ_c (p_c − y_c)² of a row with a tail; `place` is where the target stands, −1 when it was left out. */
function brierOfKept(m: Moments, values: TaskRow["values"], place: number, tail: Tail): number {
  const of = (logit: number) => weightOf(m, logit) / (1 + m.rest);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const p = of(values[i]!);
    sum += i === place ? (1 - p) * (1 - p) : p * p;
  }
  const p = of(tail.logit);
  const came = place < 0 ? 1 : 0;
  return sum + (tail.count - came) * p * p + came * (1 - p) * (1 - p);
}
