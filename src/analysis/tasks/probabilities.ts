/** Probabilities, log-odds, entropy and a decision for each row. */
import { Problem, pointerTo, show } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { type Conformal, conformalSet, coverageOf } from "../conformal.ts";
import { checkThresholds, decide, type Thresholds } from "../decide.ts";
import { logistic } from "../logistic.ts";
import { entropy, moments } from "../moments.ts";
import { logOddsOf } from "../softmax.ts";
import {
  asClasses,
  checkLabels,
  checkTargetIfAny,
  type ResultList,
  requireTarget,
  type Task,
  type TaskContext,
  type TaskRow,
} from "./task.ts";

const PIECE_VALUES = 2 ** 18;

export interface ProbabilitiesOptions {
  readonly labels: readonly string[] | undefined;
  /** by class, or by label */
  readonly threshold: number | readonly number[] | Readonly<Record<string, number>> | undefined;
  /** conformal sets: classes that contain the true one with a guaranteed probability */
  readonly conformal: Conformal | undefined;
  /** true: the lists are only in `tensor`, and the reply has the rest */
  readonly without_lists: boolean;
  /** maximum number of entries in the lists of all rows */
  readonly values_max: number;
}

export interface ProbabilitiesTask extends Task {
  /** probabilities of all rows as float32, row after row, in pieces; with `without_lists` */
  tensor(): readonly Float32Array[];
}

export function probabilitiesTask(context: TaskContext, options: ProbabilitiesOptions): ProbabilitiesTask {
  const { labels } = options;
  const results: ResultList = context.results ?? [];
  let single: unknown;
  const tensor = new Pieces();
  let values = 0;
  const sets = { rows: 0, covered: 0, classes: 0 };
  return {
    tensor: () => tensor.all(),
    take(row) {
      checkLabels(labels, row.values.length);
      checkTargetIfAny(row, labels);
      values += row.values.length;
      if (values > options.values_max && !options.without_lists) throw tooMany(options.values_max);
      if (options.without_lists) tensor.add(narrow(context, row));
      const result =
        row.values.length === 1 ? binary(context, options, row) : many(context, options, row, sets);
      if (context.single) single = result;
      else results.push(result);
    },
    *finish() {
      yield;
      if (context.single) return single;
      const coverage = sets.rows > 0 && { coverage: coverageOf(sets.rows, sets.covered, sets.classes) };
      return { results, ...coverage };
    },
  };
}

/** Two classes and more. */
function many(
  { reader, inverse_temperature }: TaskContext,
  options: ProbabilitiesOptions,
  row: TaskRow,
  sets: Sets,
) {
  const { moments: m, probabilities } = reader.look(row.values, inverse_temperature);
  const decision = decisionOf(probabilities, options);
  const set = setOf(probabilities, options, row, sets);
  const lists = options.without_lists
    ? {}
    : { probabilities: Array.from(probabilities), log_odds: Array.from(logOddsOf(m, row.values)) };
  return { ...lists, top_id: m.max_id, entropy: entropy(m), ...decision, ...set };
}

/** The coverage of all sets, for rows with known classes. */
interface Sets {
  rows: number;
  covered: number;
  classes: number;
}

function setOf(p: Float64Array, { conformal, labels }: ProbabilitiesOptions, row: TaskRow, sets: Sets) {
  if (conformal === undefined) return {};
  const set = conformalSet(p, conformal);
  if (row.target === undefined) return { set };
  const covered = set.includes(requireTarget(row.target, p.length, labels));
  sets.rows += 1;
  sets.covered += covered ? 1 : 0;
  sets.classes += set.length;
  return { set, covered };
}

/**
 * A single logit: the logistic function and its complement, computed separately. Only class 1 ("yes") can be predicted.
 */
function binary({ reader, inverse_temperature }: TaskContext, options: ProbabilitiesOptions, row: TaskRow) {
  if (options.conformal !== undefined)
    throw new Problem(
      "option_conflict",
      "conformal sets need rows of at least 2 logits, got 1",
      "/conformal",
    );
  reader.moments(row.values, inverse_temperature);
  const log_odds = row.values[0]! * inverse_temperature;
  const probability = logistic(log_odds);
  const classes = moments(asClasses(row.values), inverse_temperature);
  return {
    probability,
    complement: logistic(-log_odds),
    log_odds,
    entropy: entropy(classes),
    ...decisionOf([probability], options),
  };
}

/** Numbers in sequence, in pieces of a megabyte: sending smaller pieces would cost more than computing them. */
class Pieces {
  readonly #full: Float32Array[] = [];
  #piece = new Float32Array(0);
  #used = 0;

  add(values: Float32Array): void {
    if (this.#used + values.length > this.#piece.length) {
      this.#full.push(this.#piece.subarray(0, this.#used));
      this.#piece = new Float32Array(Math.max(PIECE_VALUES, values.length));
      this.#used = 0;
    }
    this.#piece.set(values, this.#used);
    this.#used += values.length;
  }

  all(): readonly Float32Array[] {
    return [...this.#full, this.#piece.subarray(0, this.#used)];
  }
}

/** Valid until the next row is read. */
function narrow({ reader, inverse_temperature }: TaskContext, { values }: TaskRow): Float32Array {
  if (values.length > 1) return reader.probabilitiesF32(values, inverse_temperature);
  reader.moments(values, inverse_temperature);
  return Float32Array.of(logistic(values[0]! * inverse_temperature));
}

function decisionOf(probabilities: ArrayLike<number>, { labels, threshold }: ProbabilitiesOptions) {
  if (threshold === undefined) return {};
  const thresholds = thresholdsOf(threshold, labels);
  checkThresholds(thresholds, probabilities.length);
  const decision = decide(probabilities, thresholds);
  const label = decision.class_id === null ? null : (labels?.[decision.class_id] ?? null);
  return { decision: { ...decision, ...(labels !== undefined && { label }) } };
}

/** Thresholds by label, as a list by class. */
function thresholdsOf(
  threshold: NonNullable<ProbabilitiesOptions["threshold"]>,
  labels: readonly string[] | undefined,
): Thresholds {
  if (typeof threshold === "number" || Array.isArray(threshold)) return threshold as Thresholds;
  const by_label = threshold as Readonly<Record<string, number>>; // neither number nor array is left
  if (labels === undefined) {
    throw new Problem("option_conflict", "thresholds by label need labels, got none", "/labels");
  }
  const unknown = Object.keys(by_label).find((label) => !labels.includes(label));
  if (unknown !== undefined) {
    throw new Problem(
      "unknown_option",
      `there is no label ${show(unknown)}${didYouMean(unknown, labels)}`,
      pointerTo(["threshold", unknown]),
    );
  }
  // A class without a threshold is never predicted.
  return labels.map((label) =>
    Object.hasOwn(by_label, label) ? by_label[label]! : Number.POSITIVE_INFINITY,
  );
}

function tooMany(values_max: number): Problem {
  return new Problem(
    "limit_exceeded",
    `a JSON reply may list at most ${values_max} probabilities (analysis_values_max), and these rows have more; with Accept: application/octet-stream they come as a tensor`,
  );
}
