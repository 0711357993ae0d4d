/**
 * Bends the cumulative distribution of a ranked row: the score of a token becomes ln(Cᵃ − (C − p)ᵃ), C the sum of the
 * probabilities up to its own. The series are those of stages/skew.ts, two tokens side by side.
 */
import { exp } from "./scores";
import { row_weights } from "./state";
import { ln } from "./weights/ln";

/** Bound below which the series are used: five terms are accurate to 1e-13 there. */
const SMALL: f64 = 2e-3;
/** A smaller ln p has no float64. */
const LEAST: f64 = -745.1332191019412;
/** Of up to 128 tokens: ln p, x = p/C, the growth of ln C, and ln C. */
const LOGS: usize = memory.data(1024, 16);
const SHARES: usize = memory.data(1024, 16);
const GROWTHS: usize = memory.data(1024, 16);
const CUMULATED: usize = memory.data(1024, 16);

let power: f64 = 1;
let skew: f64 = 0;
let cumulated: f64 = 0;
let ln_cumulated: f64 = 0;

/**
 * Writes the new score of each token to its place in the row at `to`, as f32. `share` is 1/Σw of the kept weights, ln p is
 * (x − max)·inverse − log_mass; −Infinity stays, and a token with probability 0 becomes −Infinity.
 */
export function skewRanked(
  ids: usize,
  ranked: usize,
  count: i32,
  share: f64,
  max: f32,
  inverse: f64,
  log_mass: f64,
  amount: f64,
  to: usize,
): void {
  power = exp(amount);
  skew = amount;
  cumulated = 0;
  ln_cumulated = 0;
  for (let first = 0; first < count; first += 128) {
    const part = min(128, count - first);
    const own = ids + ((<usize>first) << 2);
    readLogs(ranked + ((<usize>first) << 2), max, inverse, log_mass);
    const before = cumulated;
    const ln_before = ln_cumulated;
    readShares(own, part, share);
    if (bendAll(part)) bendSmall();
    else {
      cumulated = before;
      ln_cumulated = ln_before;
      bendEach(own, part, share);
    }
    writeScores(own, ranked + ((<usize>first) << 2), part, to);
  }
}

function readLogs(ranked: usize, max: f32, inverse: f64, log_mass: f64): void {
  const top = f64x2.splat(<f64>max);
  const factor = f64x2.splat(inverse);
  const offset = f64x2.splat(log_mass);
  for (let at: usize = 0; at != 512; at += 8) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(ranked + at));
    v128.store(LOGS + 2 * at, f64x2.sub(f64x2.mul(f64x2.sub(x, top), factor), offset));
  }
}

/** Writes the sums to CUMULATED and x to SHARES; places after the end are not read. */
function readShares(ids: usize, count: i32, share: f64): void {
  let sum = cumulated;
  for (let i: usize = 0; i != <usize>count; i++) {
    const p = <f64>load<f32>(row_weights + ((<usize>load<i32>(ids + (i << 2))) << 2)) * share;
    sum += p;
    store<f64>(SHARES + (i << 3), p);
    store<f64>(CUMULATED + (i << 3), sum);
  }
  for (let i = <usize>count; i != 128; i++) {
    store<f64>(SHARES + (i << 3), 0);
    store<f64>(CUMULATED + (i << 3), sum);
  }
  cumulated = sum;
}

/** Computes x and the growth of ln C; false when a series is not accurate enough. */
function bendAll(count: i32): bool {
  const a = f64x2.splat(power);
  const small = f64x2.splat(SMALL);
  const one = f64x2.splat(1);
  let fits = i64x2.splat(-1);
  for (let at: usize = 0; at != 1024; at += 16) {
    const x = f64x2.div(v128.load(SHARES + at), v128.load(CUMULATED + at));
    let growth = f64x2.add(f64x2.splat(0.25), f64x2.mul(x, f64x2.splat(0.2)));
    growth = f64x2.add(f64x2.splat(1.0 / 3), f64x2.mul(x, growth));
    growth = f64x2.add(f64x2.splat(0.5), f64x2.mul(x, growth));
    growth = f64x2.mul(x, f64x2.add(one, f64x2.mul(x, growth)));
    v128.store(SHARES + at, x);
    v128.store(GROWTHS + at, growth);
    fits = v128.and(fits, v128.and(f64x2.lt(x, small), f64x2.lt(f64x2.mul(a, growth), small)));
  }
  if (!i64x2.all_true(fits)) return false;
  let sum = ln_cumulated;
  for (let i: usize = 0; i != <usize>count; i++) {
    sum += load<f64>(GROWTHS + (i << 3));
    store<f64>(CUMULATED + (i << 3), sum);
  }
  ln_cumulated = sum;
  return true;
}

/** The scores of 128 tokens, when all series are accurate. */
function bendSmall(): void {
  const a = f64x2.splat(power);
  const rest = f64x2.splat(power - 1);
  const constant = f64x2.splat(skew);
  for (let at: usize = 0; at != 1024; at += 16) {
    const x = v128.load(SHARES + at);
    const y = f64x2.mul(a, v128.load(GROWTHS + at));
    let series = f64x2.add(f64x2.splat(1.0 / 8), f64x2.mul(x, f64x2.splat(251.0 / 2880)));
    series = f64x2.add(f64x2.splat(5.0 / 24), f64x2.mul(x, series));
    series = f64x2.mul(x, f64x2.add(f64x2.splat(0.5), f64x2.mul(x, series)));
    const bent = f64x2.mul(y, f64x2.sub(f64x2.mul(y, f64x2.splat(1.0 / 24)), f64x2.splat(0.5)));
    const parts = f64x2.add(f64x2.mul(rest, v128.load(CUMULATED + at)), f64x2.add(constant, f64x2.add(series, bent)));
    v128.store(GROWTHS + at, f64x2.add(v128.load(LOGS + at), parts));
  }
}

/** The same one by one, with exponential and logarithm when needed. */
function bendEach(ids: usize, count: i32, share: f64): void {
  for (let i: usize = 0; i != <usize>count; i++) {
    const p = <f64>load<f32>(row_weights + ((<usize>load<i32>(ids + (i << 2))) << 2)) * share;
    const before = cumulated;
    cumulated += p;
    const x = p / cumulated;
    let score: f64;
    if (!(x < SMALL)) {
      ln_cumulated = ln(cumulated);
      score = power * ln_cumulated + (before > 0 ? lnShare(-power * ln(before / cumulated)) : 0);
    } else {
      const growth = x * (1 + x * (0.5 + x * (1.0 / 3 + x * (0.25 + x * 0.2))));
      ln_cumulated += growth;
      const y = power * growth;
      const ln_growth =
        load<f64>(LOGS + (i << 3)) - ln_cumulated + x * (0.5 + x * (5.0 / 24 + x * (1.0 / 8 + x * (251.0 / 2880))));
      score = power * ln_cumulated + (y < SMALL ? skew + ln_growth - y / 2 + (y * y) / 24 : lnShare(y));
    }
    store<f64>(GROWTHS + (i << 3), score);
  }
}

/** ln(1 − e⁻ʸ) for y > 0. */
function lnShare(y: f64): f64 {
  return y < SMALL ? ln(y) - y / 2 + (y * y) / 24 : ln(1 - exp(-y));
}

function writeScores(ids: usize, ranked: usize, count: i32, to: usize): void {
  for (let i: usize = 0; i != <usize>count; i++) {
    const has_some = load<f64>(LOGS + (i << 3)) >= LEAST && load<f32>(ranked + (i << 2)) != -Infinity;
    const score = has_some ? <f32>load<f64>(GROWTHS + (i << 3)) : <f32>-Infinity;
    store<f32>(to + ((<usize>load<i32>(ids + (i << 2))) << 2), score);
  }
}
