/**
 * Bias and vector scaling: the weights and biases whose softmax gives a labelled set its smallest mean cross-entropy. The
 * loss is convex in them, so there is one minimum, up to a constant that may be added to all biases; their mean is 0.
 *
 * The search is L-BFGS: every pass over the rows gives the gradient. The steps and gradient changes of the last few passes
 * approximate the curvature, and the curvature of each class starts the approximation. Along a direction the slope only
 * grows, so a line search uses the slope alone. The loss itself is not used, because its last digits are lost near the
 * minimum. A search is plain data: rows may lie in many places, their sums are merged, and the state is passed to the next
 * pass. Sources: J. Nocedal and S. Wright, "Numerical Optimization", 2006, §7.2; C. Guo et al., ICML 2017; A. Alexandari
 * et al., "Maximum Likelihood with Bias-Corrected Calibration", ICML 2020.
 */
import { assert, Problem } from "../../errors.ts";
import type { ClassSums, SumsChoice } from "./class-sums.ts";
import { type ClassScaling, SCALED_CLASSES_MAX, type ScalingMethod } from "./scaling.ts";
import { TEMPERATURE_MAX } from "./temperature.ts";

export type ClassMethod = Exclude<ScalingMethod, "temperature_scaling">;

export interface ClassSearch extends SumsChoice {
  readonly method: ClassMethod;
  /** weight of half the squares of the biases, and of the distances of weights from 1/T, in the mean loss */
  readonly ridge: number;
  readonly inverse_temperature: number;
  /**
   * weights (one, or one per class), then biases: the parameters of the next pass, or the result when done
   */
  readonly at: readonly number[];
  readonly passes: number;
  readonly done: boolean;
  /** the present line search; null before the first pass */
  readonly walk: Walk | null;
  /** newest last */
  readonly pairs: readonly Pair[];
}

/** A line search from a point with known gradient. */
interface Walk {
  readonly from: readonly number[];
  readonly gradient: readonly number[];
  readonly direction: readonly number[];
  /** slope along the line at its beginning: below 0 */
  readonly slope: number;
  /** position of the next pass along the line */
  readonly step: number;
  /** the farthest position that was too short, and the nearest that was too long, with the slopes there */
  readonly low: Place;
  readonly high: Place | null;
}

interface Place {
  readonly step: number;
  readonly slope: number;
}

/** A step, and the change of the gradient. */
interface Pair {
  readonly step: readonly number[];
  readonly change: readonly number[];
}

const PAIRS_MAX = 8;
const PASSES_MAX = 200;
/**
 * Bound on twice the remaining decrease of the loss, by the curvature, at which the last step is taken without another pass.
 */
const FALL_MAX = 1e-17;
/** A first step changes a parameter by at most this, and by at most this multiple of the largest one. */
const STRIDE = 8;
/**
 * Wolfe conditions: a step is long enough when this share of the slope remains, and short enough when the slope has not
 * turned by more than this share.
 */
const SHORT = 0.9;
const LONG = 0.3;
/** Smallest curvature of a class that is used. */
const CURVATURE_MIN = 1e-14;

/**
 * Bound on Σ p(1 − p) over all rows of a class: below it, the class is predicted or excluded without doubt.
 */
const CERTAIN_CURVATURE = 1e-6;

/** Throws `cannot_calibrate` at the first row of a set when the search cannot begin. */
export function requireFewClasses(method: ClassMethod, classes: number): void {
  if (classes <= SCALED_CLASSES_MAX) return;
  const detail = `${method} must be of at most ${SCALED_CLASSES_MAX} classes, got ${classes}`;
  throw new Problem("cannot_calibrate", detail, "/method");
}

export function startClassSearch(
  method: ClassMethod,
  inverse_temperature: number,
  choice: Pick<SumsChoice, "classes" | "size"> & { readonly ridge: number },
): ClassSearch {
  const { classes } = choice;
  requireFewClasses(method, classes);
  const is_shared = method === "bias_scaling";
  const weights = new Array<number>(is_shared ? 1 : classes).fill(inverse_temperature);
  const at = [...weights, ...new Array<number>(classes).fill(0)];
  return {
    ...choice,
    method,
    is_shared,
    inverse_temperature,
    at,
    passes: 0,
    done: false,
    walk: null,
    pairs: [],
  };
}

/** The parameters as a calibration. */
export function classScalingOf({ method, at, classes, is_shared }: ClassSearch): ClassScaling {
  const biases = at.slice(-classes);
  if (!is_shared) return { method, weights: at.slice(0, classes), biases };
  return { method, temperature: 1 / at[0]!, biases };
}

/** The next state of the search, from the sums at `search.at`. */
export function advanceClasses(search: ClassSearch, sums: ClassSums): ClassSearch {
  requireMinimum(search, sums);
  const passes = search.passes + 1;
  const gradient = gradientOf(search, sums);
  const { walk } = search;
  if (walk !== null) {
    const next = nextPlace(walk, dot(gradient, walk.direction));
    if (next !== undefined)
      return { ...search, passes, walk: next, at: along(walk.from, walk.direction, next.step) };
  }
  const pairs = walk === null ? search.pairs : remembered(search.pairs, search.at, gradient, walk);
  const direction = downhill(search, sums, gradient, pairs);
  const slope = dot(gradient, direction);
  requireCurvature(search, sums);
  if (-slope <= FALL_MAX) {
    const at = along(search.at, direction, 1);
    requireWeight(search, at);
    return { ...search, passes, pairs: [], walk: null, at: centred(search, at), done: true };
  }
  const low = { step: 0, slope };
  const step = Math.min(1, (STRIDE * (1 + largest(search.at))) / largest(direction));
  const begun = { from: search.at, gradient, direction, slope, step, low, high: null };
  return { ...search, passes, pairs, walk: begun, at: along(search.at, direction, step) };
}

/** The line search with its next position; undefined when the present one is good enough. */
function nextPlace(walk: Walk, slope: number): Walk | undefined {
  const { step } = walk;
  if (slope > LONG * -walk.slope) {
    const high = { step, slope };
    return { ...walk, high, step: between(walk.low, high) };
  }
  if (slope >= SHORT * walk.slope) return undefined;
  const low = { step, slope };
  return { ...walk, low, step: walk.high === null ? 2 * step : between(low, walk.high) };
}

/** The zero of the line through both slopes. */
function between(low: Place, high: Place): number {
  return low.step + ((high.step - low.step) * -low.slope) / (high.slope - low.slope);
}

function remembered(
  pairs: readonly Pair[],
  at: readonly number[],
  gradient: readonly number[],
  walk: Walk,
): readonly Pair[] {
  const step = minus(at, walk.from);
  const change = minus(gradient, walk.gradient);
  if (!(dot(step, change) > 0)) return pairs;
  return [...pairs, { step, change }].slice(-PAIRS_MAX);
}

/** −H⁻¹g, H from the pairs and the curvature of each class. */
function downhill(
  search: ClassSearch,
  sums: ClassSums,
  gradient: readonly number[],
  pairs: readonly Pair[],
): number[] {
  const q = [...gradient];
  const shares: number[] = [];
  for (const { step, change } of pairs.toReversed()) {
    const share = dot(step, q) / dot(step, change);
    shares.push(share);
    add(q, change, -share);
  }
  const r = search.is_shared ? overShared(search, sums, q) : overEach(search, sums, q);
  for (const { step, change } of pairs) {
    const share = shares.pop()! - dot(change, r) / dot(step, change); // as many as pairs
    add(r, step, share);
  }
  return r.map((x) => -x);
}

/** Each class has a 2×2 curvature, of weight and bias. */
function overEach({ classes, ridge }: ClassSearch, sums: ClassSums, q: readonly number[]): number[] {
  const r = new Array<number>(2 * classes);
  for (let c = 0; c < classes; c++) {
    const a = sums.weightCurvature(c) + ridge + CURVATURE_MIN;
    const b = sums.biasCurvature(c) + ridge + CURVATURE_MIN;
    const both = sums.crossCurvature(c);
    // By Cauchy and Schwarz a·b ≥ both², up to rounding.
    const determinant = Math.max(a * b - both * both, 1e-9 * a * b);
    const [w, bias] = [q[c]!, q[classes + c]!];
    r[c] = (b * w - both * bias) / determinant;
    r[classes + c] = (a * bias - both * w) / determinant;
  }
  return r;
}

/** One common weight is coupled with every bias, and each bias has its own curvature. */
function overShared({ classes, ridge }: ClassSearch, sums: ClassSums, q: readonly number[]): number[] {
  const biases = Float64Array.from(
    { length: classes },
    (_, c) => sums.biasCurvature(c) + ridge + CURVATURE_MIN,
  );
  let curvature = CURVATURE_MIN;
  let left = CURVATURE_MIN;
  let pulled = q[0]!;
  for (let c = 0; c < classes; c++) {
    const both = sums.crossCurvature(c);
    curvature += sums.weightCurvature(c);
    left += sums.weightCurvature(c) - (both * both) / biases[c]!;
    pulled -= (both * q[c + 1]!) / biases[c]!;
  }
  // When the biases explain all of the weight's curvature, they are left out of it.
  const is_apart = left < 1e-9 * curvature;
  const weight = is_apart ? q[0]! / curvature : pulled / left;
  return [
    weight,
    ...Array.from(biases, (b, c) => (q[c + 1]! - (is_apart ? 0 : sums.crossCurvature(c) * weight)) / b),
  ];
}

function gradientOf(
  { at, classes, is_shared, ridge, inverse_temperature }: ClassSearch,
  sums: ClassSums,
): number[] {
  const each = Array.from({ length: classes }, (_, c) => sums.weightSlope(c));
  const weights = is_shared
    ? [each.reduce((sum, slope) => sum + slope, 0)]
    : each.map((slope, c) => slope + ridge * (at[c]! - inverse_temperature));
  const first = weights.length;
  return [
    ...weights,
    ...Array.from({ length: classes }, (_, c) => sums.biasSlope(c) + ridge * at[first + c]!),
  ];
}

/** A constant in all biases changes nothing, so their mean is set to 0. */
function centred({ classes }: ClassSearch, at: readonly number[]): number[] {
  const first = at.length - classes;
  const mean = at.slice(first).reduce((sum, bias) => sum + bias, 0) / classes;
  return at.map((value, i) => (i < first ? value : value - mean));
}

/** Throws when the loss decreases without a minimum. */
function requireMinimum({ ridge, passes, at }: ClassSearch, sums: ClassSums): void {
  assert(sums.rows > 0, "a search goes on from the sums of rows");
  if (passes === 0 && ridge === 0 && sums.absent !== undefined)
    throw none(`class ${sums.absent} never came, so its bias would fall for ever`);
  if (passes >= PASSES_MAX || !(largest(at) <= TEMPERATURE_MAX))
    throw none("weights or biases grow for ever");
}

/** When a class is certain in every row, the loss still decreases, but by less and less. */
function requireCurvature({ classes, ridge }: ClassSearch, sums: ClassSums): void {
  if (ridge > 0) return;
  for (let c = 0; c < classes; c++)
    if (sums.biasCurvature(c) * sums.rows < CERTAIN_CURVATURE)
      throw none(`class ${c} is told from all others without a mistake, so its weight would grow for ever`);
}

/** One weight for all classes is 1/T. */
function requireWeight({ is_shared }: ClassSearch, at: readonly number[]): void {
  const weight = at[0]!;
  if (!is_shared || (weight >= 1 / TEMPERATURE_MAX && weight <= TEMPERATURE_MAX)) return;
  throw new Problem(
    "cannot_calibrate",
    `bias_scaling must find a temperature above 0, got 1/T = ${weight}`,
    "/targets",
  );
}

function none(because: string): Problem {
  const detail = `the cross-entropy must have a minimum, but ${because}: more rows give one, or a ridge above 0`;
  return new Problem("cannot_calibrate", detail, "/targets");
}

function largest(values: readonly number[]): number {
  return values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
}

function along(from: readonly number[], direction: readonly number[], step: number): number[] {
  return from.map((value, i) => value + step * direction[i]!);
}

function minus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - b[i]!);
}

function add(to: number[], values: readonly number[], share: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += share * values[i]!;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
