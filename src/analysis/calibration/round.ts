/**
 * Calibration in rounds, for sets that are too large to be kept or that lie in many places. A round reads all rows once
 * and computes the sums that the search needs at its present point: first for the temperature, and then for the parameters
 * per class, if the method has them. The sums of the parts are merged and give the next point. The last round evaluates
 * the set with the result.
 *
 * calibrate.ts runs the rounds over a set in memory, and finds the same numbers to the bit.
 */
import * as z from "zod";
import { Problem } from "../../errors.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import { checkRow } from "../check-row.ts";
import {
  type Conformal,
  type ConformalChoice,
  conformalScaling,
  conformity,
  thresholdPlace,
} from "../conformal.ts";
import { brier, lookAt } from "../judge.ts";
import { type Moments, topProbability, weightOf } from "../moments.ts";
import { plainReader, type RowReader } from "../row-reader.ts";
import { addSums, COUNT, SKETCH, SUM, savedSums } from "../sums/saved.ts";
import { FINE, Sketch } from "../sums/sketch.ts";
import { keptPlace, type Tail, withTail } from "../tail.ts";
import type { Tally } from "../tallies/tally.ts";
import { needsAllClasses } from "../tasks/scaled.ts";
import { asClasses, classOf, requireTarget, type TaskRow } from "../tasks/task.ts";
import type { Interval } from "./bootstrap.ts";
import {
  advanceClasses,
  type ClassSearch,
  classScalingOf,
  requireFewClasses,
  startClassSearch,
} from "./class-search.ts";
import { ClassSums, reachOf, sizeFor } from "./class-sums.ts";
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
import { RowScaler } from "./row-scaler.ts";
import type { Scaling, ScalingMethod } from "./scaling.ts";
import { eceInterval, type SumIntervalOptions, temperatureInterval } from "./sum-intervals.ts";

/** Class-wise sums take two numbers per class and bin. Above this number they are not computed. */
const CLASSWISE_SUMS_MAX = 2 ** 20;

export interface RoundOptions extends QualityDetail, SumIntervalOptions {
  readonly method: ScalingMethod;
  readonly ridge: number;
  readonly bins: number;
  readonly conformal?: ConformalChoice | undefined;
}

/** The state of a calibration between two rounds: plain data. */
export interface CalibrationState {
  readonly search: TemperatureSearch;
  /** the search for parameters per class, once the temperature is found */
  readonly classes: ClassSearch | null;
  /** the quality at temperature 1, known after the first round */
  readonly before: Judged | null;
}

interface Judged {
  readonly quality: Quality;
  readonly ece_interval: Interval | null;
}

/** The result of the last round. */
export interface CalibrationReport {
  readonly calibration: Scaling;
  readonly passes: number;
  readonly rows: number;
  readonly before: Quality;
  readonly after: Quality;
  /**
   * a sketch's threshold is at most 0.03 % below that of all rows together: sets may be larger, but do not miss more
   */
  readonly conformal?: Conformal;
  readonly intervals?: {
    /** for temperature_scaling */
    readonly temperature?: Interval;
    readonly ece_before: Interval;
    readonly ece_after: Interval;
  };
}

export function startCalibration(): CalibrationState {
  return { search: startSearch(), classes: null, before: null };
}

/** The search is finished: the next round is the last. */
function isFound({ search, classes }: CalibrationState, { method }: RoundOptions): boolean {
  return search.done && (method === "temperature_scaling" || classes?.done === true);
}

/** The state of the next round, or the report when there is none. */
export function afterRound(
  state: CalibrationState,
  tally: CalibrationTally,
  options: RoundOptions,
): { readonly next: CalibrationState } | { readonly report: CalibrationReport } {
  if (tally.rows === 0)
    throw new Problem("cannot_calibrate", "a calibration needs at least 1 row, got 0", "/targets");
  if (isFound(state, options)) return { report: reportOf(state, tally, options) };
  if (state.classes !== null) {
    const classes = advanceClasses(state.classes, tally.requireClassSums());
    return { next: { ...state, classes } };
  }
  const before = state.before ?? tally.judged("before", options);
  const search = advance(state.search, tally.slope);
  if (!search.done) return { next: { search, classes: null, before } };
  const { temperature } = fitOf(search); // it throws when nothing was found
  return { next: { search, classes: classSearch(1 / temperature, tally, options), before } };
}

function classSearch(
  inverse_temperature: number,
  { classes, reach }: CalibrationTally,
  { method, ridge }: RoundOptions,
): ClassSearch | null {
  if (method === "temperature_scaling") return null;
  return startClassSearch(method, inverse_temperature, { classes, size: sizeFor(reach), ridge });
}

function reportOf(
  state: CalibrationState,
  tally: CalibrationTally,
  options: RoundOptions,
): CalibrationReport {
  const { before, classes } = state;
  const { temperature, passes } = fitOf(state.search);
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
        ...(classes === null && { temperature: temperatureInterval(tally.slope, temperature, options) }),
        ece_before: before.ece_interval,
        ece_after: after.ece_interval,
      },
    };
  const calibration =
    classes === null ? ({ method: "temperature_scaling", temperature } as const) : classScalingOf(classes);
  const conformal = options.conformal && { conformal: tally.conformal(options.conformal, calibration) };
  return {
    calibration,
    passes: passes + (classes?.passes ?? 0),
    rows: tally.rows,
    before: before.quality,
    after: after.quality,
    ...conformal,
    ...intervals,
  };
}

/** The error of a round that does not evaluate the set. */
const NONE = new Float64Array(0);

const SAVED = z.strictObject({
  rows: COUNT,
  classes: COUNT,
  has_tails: z.boolean(),
  slope: z.strictObject({ gradient: SUM, square: SUM, curvature: SUM }),
  /** size of the logits that count, for a search for class parameters */
  reach: z.number().min(0),
  class_sums: z.unknown(),
  quality: z.unknown(),
  conformities: SKETCH,
});

/** The sums of one round. */
export class CalibrationTally implements Tally {
  readonly slope = startSlope();
  readonly #state: CalibrationState;
  readonly #options: RoundOptions;
  /** 1/T of the search for a temperature; 1 when rows are scaled per class */
  readonly #beta: number;
  readonly #scaler: RowScaler | undefined;
  /** true in rounds that evaluate the set: the first and the last */
  readonly judges: boolean;
  readonly #measures: boolean;
  /** set in the last round */
  readonly #conformal: ConformalChoice | undefined;
  readonly #conformities = new Sketch(FINE);
  #edges: Float64Array;
  #rows = 0;
  #classes = 0;
  #has_tails = false;
  #reach = 0;
  #classwise: ClasswiseBins | undefined;
  #quality: QualitySums | undefined;
  #class_sums: ClassSums | undefined;

  constructor(state: CalibrationState, options: RoundOptions) {
    const { search, classes } = state;
    const is_last = isFound(state, options);
    this.#state = state;
    this.#options = options;
    this.#beta = classes === null ? search.beta : 1;
    this.#scaler = classes === null ? undefined : new RowScaler(classScalingOf(classes));
    this.judges = search.passes === 0 || is_last;
    this.#measures = !search.done && options.method !== "temperature_scaling";
    this.#conformal = is_last ? options.conformal : undefined;
    this.#edges = equalEdges(options.bins);
  }

  get rows(): number {
    return this.#rows;
  }

  get classes(): number {
    return this.#classes;
  }

  get reach(): number {
    return this.#reach;
  }

  /**
   * Evaluates with these upper edges of bins, in place of equal ones; must be called before the first row.
   */
  useEdges(edges: Float64Array): void {
    this.#edges = edges;
  }

  /** The probability of a row's most likely class in this round. */
  confidence(values: TaskRow["values"], reader: RowReader): number {
    const scaled = this.#scaler?.scale(values);
    return topProbability(
      scaled === undefined ? reader.moments(values, this.#beta) : plainReader.moments(scaled, this.#beta),
    );
  }

  /** Adds a row, or throws a Problem and adds nothing. */
  take(row: TaskRow, reader: RowReader): void {
    const { tail } = row;
    if (tail !== undefined) this.#takeKept(row, tail, reader);
    else this.#takeWhole(asClasses(row.values), row.target, reader);
  }

  #takeWhole(values: TaskRow["values"], sent: unknown, reader: RowReader): void {
    const target = requireTarget(sent, values.length);
    requireLive(values[target]!, target);
    const scaled = this.#scaler?.scale(values);
    if (scaled !== undefined && !this.judges) {
      checkRow(values);
      this.#begin(values.length, false);
      this.#class_sums?.add(values, scaled, target);
      this.#rows += 1;
      return;
    }
    const seen = scaled ?? values;
    // Scaled rows are float64, which a float32 reader would round.
    const { look, moments } = scaled === undefined ? reader : plainReader;
    const { moments: m, probabilities: p } = this.judges
      ? look(seen, this.#beta)
      : { moments: moments(seen, this.#beta), probabilities: NONE };
    const logit = seen[target]!;
    this.#begin(values.length, false);
    this.#rows += 1;
    addSlope(this.slope, m, logit);
    if (this.#measures) this.#reach = Math.max(this.#reach, reachOf(values, m.max, this.#beta));
    if (this.#quality === undefined) return;
    this.#quality.add(lookAt(m, logit, target, brier(p, target)));
    if (this.#classwise !== undefined) addClasswise(this.#classwise, p, target);
    if (this.#conformal !== undefined) this.#conformities.add(conformity(p, target, this.#conformal));
  }

  /** A row that lists only its best classes. */
  #takeKept({ values, target: sent }: TaskRow, tail: Tail, reader: RowReader): void {
    const classes = values.length + tail.count;
    const target = requireTarget(sent, classes);
    const m = withTail(reader.moments(values, this.#beta), tail);
    const place = keptPlace(tail, target);
    const logit = place < 0 ? tail.logit : values[place]!;
    requireLive(logit, target);
    if (this.#options.method !== "temperature_scaling") throw needsAllClasses();
    if (this.#conformal !== undefined)
      throw new Problem(
        "option_conflict",
        "conformal sets need all classes of a row, got only its best",
        "/logits",
      );
    this.#begin(classes, true);
    this.#rows += 1;
    addSlope(this.slope, m, logit);
    const winner = { ...m, max_id: classOf(m.max_id, tail) };
    this.#quality?.add(lookAt(winner, logit, target, brierOfKept(m, values, place, tail)));
  }

  /** The quality, in a round that evaluates. */
  judged(name: string, options: RoundOptions): Judged {
    if (this.#quality === undefined)
      throw new Problem("invalid_option", "the sums must be those of a round that judges", "/tally");
    const quality = this.#quality.quality();
    const ece_interval =
      options.resamples === 0 ? null : eceInterval(this.#quality.bins, quality.ece, name, options);
    return { quality, ece_interval };
  }

  /** The error of a round that does not search for parameters per class. */
  requireClassSums(): ClassSums {
    if (this.#class_sums !== undefined) return this.#class_sums;
    throw new Problem("invalid_option", "the sums must be those of a round that scales classes", "/tally");
  }

  conformal(choice: ConformalChoice, calibration: Scaling): Conformal {
    const place = thresholdPlace(this.#rows, choice.miscoverage);
    const threshold = place === 0 ? null : (this.#conformities.below(place) ?? null);
    return { ...choice, threshold, ...conformalScaling(calibration), rows: this.#rows };
  }

  save(): object {
    return {
      rows: this.#rows,
      classes: this.#classes,
      has_tails: this.#has_tails,
      slope: savedSums({ ...this.slope }),
      reach: this.#reach,
      class_sums: this.#class_sums?.save() ?? null,
      quality: this.#quality?.save() ?? null,
      conformities: this.#conformities.save(),
    };
  }

  merge(saved: unknown): void {
    const parts = parseWith(SAVED, saved, "/tally");
    const { rows, classes, has_tails, slope, reach, class_sums, quality, conformities } = parts;
    if (rows === 0) return;
    this.#begin(classes, has_tails);
    this.#rows += rows;
    addSums({ ...this.slope }, slope);
    this.#reach = Math.max(this.#reach, reach);
    this.#class_sums?.merge(class_sums);
    this.#quality?.merge(quality);
    this.#conformities.addSketch(conformities);
  }

  report(): object {
    return { rows: this.#rows };
  }

  /** The first row sets the number of classes, and whether rows are whole; the others must agree. */
  #begin(classes: number, has_tails: boolean): void {
    if (this.#classes !== 0) {
      if (classes === this.#classes && has_tails === this.#has_tails) return;
      const kind = (count: number, tails: boolean) => `${count}${tails ? ", with a tail" : ""}`;
      const detail = `all rows must hold as many logits as the first, ${kind(this.#classes, this.#has_tails)}, got ${kind(classes, has_tails)}`;
      throw new Problem("length_mismatch", detail, "/logits");
    }
    const { method, bins } = this.#options;
    if (method !== "temperature_scaling") requireFewClasses(method, classes);
    this.#classes = classes;
    this.#has_tails = has_tails;
    const search = this.#state.classes;
    if (search?.done === false) this.#class_sums = new ClassSums(search);
    if (!this.judges) return;
    if (!has_tails && classes * bins <= CLASSWISE_SUMS_MAX) this.#classwise = startClasswise(classes, bins);
    this.#quality = new QualitySums(this.#edges, this.#options, this.#classwise);
  }
}

/** No scaling gives a masked class a probability. */
function requireLive(logit: number, target: number): void {
  if (logit !== Number.NEGATIVE_INFINITY) return;
  const detail = `the logit of a row's target must be finite, got -Infinity for class ${target}`;
  throw new Problem("cannot_calibrate", detail, "/target");
}

/**
 * Σ_c (p_c − y_c)² of a row with omitted classes; `place` is the index of the target, −1 when it was omitted.
 */
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
