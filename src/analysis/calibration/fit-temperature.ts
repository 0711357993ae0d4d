/**
 * Temperature scaling: the one T whose softmax(x / T) gives a labelled set its smallest mean cross-entropy.
 *
 * With β = 1/T the loss of a row, ln Σ exp(βxⱼ) − βx_y, is convex in β: its slope is E_β[x] − x_y and its curvature
 * Var_β(x) ≥ 0, both of which one pass over the row gives. So there is one minimum, and Newton's method finds it. A
 * bracket around the root of the slope keeps the method from diverging where the curvature vanishes. Source: C. Guo
 * et al., "On Calibration of Modern Neural Networks", ICML 2017, §4.2.
 */
import { Problem } from "../../errors.ts";
import { type Moments, meanLogWeight, varentropy } from "../moments.ts";
import { ExactSum } from "../sums/exact-sum.ts";
import { TEMPERATURE_MAX, TEMPERATURE_MIN } from "./temperature.ts";

/** Sums over the rows read so far, at one β; independent of their order. */
export interface Slope {
  /** Σ E[x] − x_target, times β */
  readonly gradient: ExactSum;
  /** Σ (E[x] − x_target)², times β²: the variance of the sum above */
  readonly square: ExactSum;
  /** Σ Var(x), times β² */
  readonly curvature: ExactSum;
}

export function startSlope(): Slope {
  return { gradient: new ExactSum(), square: new ExactSum(), curvature: new ExactSum() };
}

/** The state of the search; immutable. */
export interface TemperatureSearch {
  /** the 1/T of the next pass, or the result when done */
  readonly beta: number;
  readonly low: number;
  readonly high: number;
  readonly passes: number;
  readonly done: boolean;
  /** true when done at a minimum */
  readonly found: boolean;
}

export interface TemperatureFit {
  readonly temperature: number;
  /** number of passes over the set */
  readonly passes: number;
}

const BETA_MIN = 1 / TEMPERATURE_MAX;
const BETA_MAX = 1 / TEMPERATURE_MIN;
/** Relative step at which the search ends. The last Newton step squares it, so T is accurate to about 1e-11. */
const STEP_MAX = 1e-6;
/** Largest factor of a step without a bracket on its far side. */
const STRIDE = 8;
/**
 * Newton's steps become tiny when the loss has no minimum. After this many without a bracket, only fixed factors
 * are used.
 */
const CREEP_PASSES_MAX = 12;
const PASSES_MAX = 100;

export function startSearch(): TemperatureSearch {
  return { beta: 1, low: BETA_MIN, high: BETA_MAX, passes: 0, done: false, found: false };
}

/** Adds a row from its moments at β and the logit of its true class. */
export function addSlope(sum: Slope, m: Moments, x: number): void {
  const { gradient, curvature } = rowSlope(m, x);
  sum.gradient.add(gradient);
  sum.square.add(gradient * gradient);
  sum.curvature.add(curvature);
}

/** β(E[x] − x) and β²Var(x) of one row: the second is the varentropy, since ln p = βx − const. */
function rowSlope(m: Moments, x: number): { gradient: number; curvature: number } {
  return { gradient: meanLogWeight(m) - (x - m.max) * m.inverse_temperature, curvature: varentropy(m) };
}

/** The next β from the sums at this one: Newton's step if it stays inside the bracket, otherwise its geometric middle. */
export function advance(search: TemperatureSearch, sum: Slope): TemperatureSearch {
  const gradient = sum.gradient.value();
  const curvature = sum.curvature.value();
  const passes = search.passes + 1;
  const low = gradient < 0 ? search.beta : search.low;
  const high = gradient > 0 ? search.beta : search.high;
  if (gradient === 0) return { beta: search.beta, low, high, passes, done: true, found: curvature > 0 };
  const newton = search.beta * (1 - gradient / curvature);
  const trusted = takesNewton(search, newton, low, high);
  const beta = trusted ? newton : farther(search.beta, low, high, gradient);
  const near = Math.abs(beta / search.beta - 1) < STEP_MAX || high / low - 1 < STEP_MAX;
  const found = near && (trusted || isBracketed(low, high));
  return { beta, low, high, passes, done: near || passes >= PASSES_MAX, found };
}

/** The result of a finished search; throws `cannot_calibrate` when the loss has no minimum. */
export function fitOf(search: TemperatureSearch): TemperatureFit {
  if (search.found) return { temperature: 1 / search.beta, passes: search.passes };
  const towards =
    search.beta > 1
      ? "0: every row is right, so surer is always better"
      : "infinity: the logits say nothing about the classes";
  throw new Problem(
    "cannot_calibrate",
    `the cross-entropy must have a minimum, but it falls all the way to temperature ${towards}`,
    "/targets",
  );
}

function takesNewton(search: TemperatureSearch, newton: number, low: number, high: number): boolean {
  if (!isBracketed(low, high) && search.passes >= CREEP_PASSES_MAX) return false;
  return newton > low && newton < high && newton < search.beta * STRIDE && newton > search.beta / STRIDE;
}

function isBracketed(low: number, high: number): boolean {
  return low > BETA_MIN && high < BETA_MAX;
}

/** A step towards the root: a fixed factor, or the middle of the bracket on the scale of ln β. */
function farther(beta: number, low: number, high: number, gradient: number): number {
  const middle = Math.sqrt(beta * (gradient > 0 ? low : high));
  return gradient > 0 ? Math.max(middle, beta / STRIDE) : Math.min(middle, beta * STRIDE);
}
