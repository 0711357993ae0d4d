/** Combines several rows of a table (table.ts) into one by addition, and measures the divergence of two rows. */
import { FLOAT_MAX, largestLane } from "./lanes";
import { ENTRY, FACTOR, lnOf, OFFSET, SCALE, TOP, topOf } from "./table";
import { LOWEST, power, upper } from "./weights/weights-f64";

/**
 * Writes (f₀·(x₀ − t₀) + f₁·(x₁ − t₁) + …) + shift for each token, each step rounded to f32, and the block maxima. A
 * token at −Infinity in any row is −Infinity, and so is one whose x₀ is below `least`. Values beyond f32's range are
 * clamped to it.
 */
export function addRows(table: usize, rows: i32, blocks: i32, shift: f32, least: f32, to: usize, maxima: usize): void {
  const of_blocks = load<u32>(table, 4);
  const end = (<usize>blocks) << 9;
  for (let at: usize = 0; at != end; at += 512) {
    const block_max = maxima + (at >> 7);
    if (load<f32>(of_blocks + (at >> 7)) < least) {
      maskBlock(to + at);
      store<f32>(block_max, -Infinity);
    } else if (least != -Infinity || rows != 2 || !addTwo(table, at, shift, to + at, block_max))
      addCarefully(table, rows, at, shift, least, to + at, block_max);
  }
}

/** Masks all tokens of the blocks whose bound is below `from`. Their maxima stay. */
export function maskBelow(blocks: i32, bounds: usize, from: f32, to: usize): void {
  const size = (<usize>blocks) << 9;
  for (let at: usize = 0; at != size; at += 512) if (load<f32>(bounds + (at >> 7)) < from) maskBlock(to + at);
}

function maskBlock(to: usize): void {
  const lowest = f32x4.splat(-Infinity);
  const stop = to + 512;
  do {
    v128.store(to, lowest);
    v128.store(to, lowest, 16);
    v128.store(to, lowest, 32);
    v128.store(to, lowest, 48);
    to += 64;
  } while (to != stop);
}

/** Adds a block of two rows; false when a value or a sum is not finite, which the slower loop must handle. */
function addTwo(table: usize, at: usize, shift: f32, to: usize, maximum: usize): bool {
  let x0 = <usize>load<u32>(table) + at;
  let x1 = <usize>load<u32>(table + ENTRY) + at;
  const f0 = v128.load32_splat(table + FACTOR);
  const f1 = v128.load32_splat(table + ENTRY + FACTOR);
  const t0 = v128.load32_splat(table + TOP);
  const t1 = v128.load32_splat(table + ENTRY + TOP);
  const move = f32x4.splat(shift);
  const stop = to + 512;
  let most = f32x4.splat(-Infinity);
  let most_of_others = most;
  let sum = f32x4.splat(0);
  let sum_of_others = sum;
  do {
    const a = f32x4.add(f32x4.add(f32x4.mul(f32x4.sub(v128.load(x0), t0), f0), f32x4.mul(f32x4.sub(v128.load(x1), t1), f1)), move);
    const b = f32x4.add(f32x4.add(f32x4.mul(f32x4.sub(v128.load(x0, 16), t0), f0), f32x4.mul(f32x4.sub(v128.load(x1, 16), t1), f1)), move);
    v128.store(to, a);
    v128.store(to, b, 16);
    most = f32x4.pmax(most, a);
    most_of_others = f32x4.pmax(most_of_others, b);
    sum = f32x4.add(sum, a);
    sum_of_others = f32x4.add(sum_of_others, b);
    x0 += 32;
    x1 += 32;
    to += 32;
  } while (to != stop);
  store<f32>(maximum, largestLane(f32x4.pmax(most, most_of_others)));
  sum = f32x4.add(sum, sum_of_others);
  return i32x4.all_true(f32x4.eq(f32x4.sub(sum, sum), f32x4.splat(0)));
}

function addCarefully(
  table: usize,
  rows: i32,
  at: usize,
  shift: f32,
  least: f32,
  to: usize,
  maximum: usize,
): void {
  const lowest = f32x4.splat(-Infinity);
  const infinity = f32x4.splat(Infinity);
  const floor = f32x4.splat(least);
  const move = f32x4.splat(shift);
  const end = table + ENTRY * rows;
  let most = lowest;
  for (let i: usize = 0; i != 512; i += 16) {
    const x0 = v128.load(<usize>load<u32>(table) + at + i);
    let gone = v128.or(f32x4.eq(x0, lowest), f32x4.lt(x0, floor));
    let sum = f32x4.mul(f32x4.sub(x0, v128.load32_splat(table + TOP)), v128.load32_splat(table + FACTOR));
    for (let entry = table + ENTRY; entry != end; entry += ENTRY) {
      const x = v128.load(<usize>load<u32>(entry) + at + i);
      gone = v128.or(gone, f32x4.eq(x, lowest));
      const counted = f32x4.sub(x, v128.load32_splat(entry + TOP));
      sum = f32x4.add(sum, f32x4.mul(counted, v128.load32_splat(entry + FACTOR)));
    }
    const moved = f32x4.add(sum, move);
    v128.store(to + i, v128.bitselect(lowest, moved, gone));
    if (!i32x4.all_true(v128.or(gone, f32x4.lt(f32x4.abs(moved), infinity))))
      keepWithin(table, end, at + i, shift, gone, to + i);
    most = f32x4.pmax(most, v128.load(to + i));
  }
  store<f32>(maximum, largestLane(most));
}

/** Recomputes in f64, and clamps to f32's range, those of four values that became infinite or NaN from finite rows. */
function keepWithin(table: usize, end: usize, at: usize, shift: f32, gone: v128, to: usize): void {
  const is_gone = i32x4.bitmask(gone);
  for (let lane: usize = 0; lane != 4; lane++) {
    const place = to + (lane << 2);
    const moved = load<f32>(place);
    if ((is_gone >> (<i32>lane)) & 1 || moved - moved == 0) continue;
    let sum: f64 = <f64>shift;
    for (let entry = table; entry != end; entry += ENTRY) {
      const x = load<f32>(<usize>load<u32>(entry) + at + (lane << 2));
      sum += (<f64>x - <f64>load<f32>(entry + TOP)) * <f64>load<f32>(entry + FACTOR);
    }
    store<f32>(place, <f32>min(max(sum, -FLOAT_MAX), FLOAT_MAX));
  }
}

const LOG2_E: usize = memory.data<f64>([1.4426950408889634, 1.4426950408889634], 16);
const LN_2: usize = memory.data<f64>([0.6931471805599453, 0.6931471805599453], 16);

/**
 * The Jensen-Shannon divergence of two rows in nats, 0 to ln 2: with a the ln p of a token in the one, b that in the other, h the larger and d = −|a − b|,
 *
 *     ½ Σ e^h·((ln 2 − g) + e^d·(d + ln 2 − g)),  g = ln(1 + e^d)
 */
export function divergence(table: usize, blocks: i32): f64 {
  const other = table + ENTRY;
  const top_a = topOf(table);
  const top_b = topOf(other);
  const scale_a = v128.load64_splat(table + SCALE);
  const offset_a = v128.load64_splat(table + OFFSET);
  const scale_b = v128.load64_splat(other + SCALE);
  const offset_b = v128.load64_splat(other + OFFSET);
  let a = <usize>load<u32>(table);
  let b = <usize>load<u32>(other);
  const end = a + ((<usize>blocks) << 9);
  let sum = f64x2.splat(0);
  do {
    const xa = v128.load(a);
    const xb = v128.load(b);
    sum = f64x2.add(
      sum,
      apart(
        lnOf(f64x2.promote_low_f32x4(xa), top_a, scale_a, offset_a),
        lnOf(f64x2.promote_low_f32x4(xb), top_b, scale_b, offset_b),
      ),
    );
    sum = f64x2.add(
      sum,
      apart(
        lnOf(f64x2.promote_low_f32x4(upper(xa)), top_a, scale_a, offset_a),
        lnOf(f64x2.promote_low_f32x4(upper(xb)), top_b, scale_b, offset_b),
      ),
    );
    a += 16;
    b += 16;
  } while (a != end);
  return 0.5 * (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}

// @ts-ignore: decorator
@inline
function apart(a: v128, b: v128): v128 {
  const lowest = v128.load(LOWEST);
  const p = power(f64x2.pmax(lowest, f64x2.mul(f64x2.pmax(a, b), v128.load(LOG2_E))));
  const y = exponent(a, b);
  const small = power(y);
  const rest = f64x2.sub(v128.load(LN_2), lnOnePlus(small));
  const d = f64x2.mul(y, v128.load(LN_2));
  return f64x2.mul(p, f64x2.add(rest, f64x2.mul(small, f64x2.add(d, rest))));
}

/** −|a − b|·log₂e, at least −1023; that too when both are −Infinity. */
// @ts-ignore: decorator
@inline
function exponent(a: v128, b: v128): v128 {
  const d = f64x2.neg(f64x2.abs(f64x2.sub(a, b)));
  return f64x2.pmax(v128.load(LOWEST), f64x2.mul(d, v128.load(LOG2_E)));
}

const ONE: usize = memory.data<f64>([1, 1], 16);
const TWO: usize = memory.data<f64>([2, 2], 16);
/** 2/(2n + 1), n = 14 to 1: each twice */
const ODD: usize = memory.data<f64>(
  [
    2.0 / 29, 2.0 / 29, 2.0 / 27, 2.0 / 27, 2.0 / 25, 2.0 / 25, 2.0 / 23, 2.0 / 23, 2.0 / 21, 2.0 / 21, 2.0 / 19,
    2.0 / 19, 2.0 / 17, 2.0 / 17, 2.0 / 15, 2.0 / 15, 2.0 / 13, 2.0 / 13, 2.0 / 11, 2.0 / 11, 2.0 / 9, 2.0 / 9,
    2.0 / 7, 2.0 / 7, 2.0 / 5, 2.0 / 5, 2.0 / 3, 2.0 / 3,
  ],
  16,
);

/** ln(1 + x), 0 ≤ x ≤ 1, as 2·artanh(s) with s = x/(2 + x) ≤ ⅓: the series ends below 2⁻⁵³. */
// @ts-ignore: decorator
@inline
function lnOnePlus(x: v128): v128 {
  const s = f64x2.div(x, f64x2.add(x, v128.load(TWO)));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  // Even and odd powers apart, so that fewer steps wait for each other.
  let even = f64x2.add(f64x2.mul(v128.load(ODD), z2), v128.load(ODD, 32));
  let odd = f64x2.add(f64x2.mul(v128.load(ODD, 16), z2), v128.load(ODD, 48));
  even = f64x2.add(f64x2.mul(even, z2), v128.load(ODD, 64));
  odd = f64x2.add(f64x2.mul(odd, z2), v128.load(ODD, 80));
  even = f64x2.add(f64x2.mul(even, z2), v128.load(ODD, 96));
  odd = f64x2.add(f64x2.mul(odd, z2), v128.load(ODD, 112));
  even = f64x2.add(f64x2.mul(even, z2), v128.load(ODD, 128));
  odd = f64x2.add(f64x2.mul(odd, z2), v128.load(ODD, 144));
  even = f64x2.add(f64x2.mul(even, z2), v128.load(ODD, 160));
  odd = f64x2.add(f64x2.mul(odd, z2), v128.load(ODD, 176));
  even = f64x2.add(f64x2.mul(even, z2), v128.load(ODD, 192));
  odd = f64x2.add(f64x2.mul(odd, z2), v128.load(ODD, 208));
  const q = f64x2.add(f64x2.mul(even, z), odd);
  return f64x2.mul(s, f64x2.add(v128.load(TWO), f64x2.mul(z, q)));
}
