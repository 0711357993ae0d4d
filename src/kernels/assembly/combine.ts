/**
 * Combines several rows into one, and measures the divergence of two rows.
 *
 * A table describes the rows, 32 bytes each: the addresses of the values and of the block maxima (i32), a factor (f32),
 * and a top (f32), a scale and an offset (f64). Values are counted from the top, so that rows far from zero keep their
 * digits. The rows have no NaN and no +Infinity.
 */
import { FLOAT_MAX, largestLane } from "./lanes";
import { LOWEST, power, upper } from "./weights/weights-f64";

const ENTRY: usize = 32;
const FACTOR: usize = 8;
const TOP: usize = 12;
const SCALE: usize = 16;
const OFFSET: usize = 24;

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

/** ln(e^a + e^b) of up to 128 values that were begun, in f64. */
const SUMS: usize = memory.data(1024, 16);

/**
 * Writes ln Σ e^(scale·(x − top) + offset), computed in f64, and the block maxima. A token is −Infinity when it is so in all
 * rows.
 */
export function mixRows(table: usize, rows: i32, blocks: i32, to: usize, maxima: usize): void {
  const size = (<usize>blocks) << 9;
  for (let at: usize = 0; at != size; at += 512) mixBlock(table, rows, at, to + at, maxima + (at >> 7));
}

/** The result of mixRows for the block maxima: an upper bound for the tokens of each block. */
export function mixMaxima(table: usize, rows: i32, blocks: i32, to: usize): void {
  const size = (<usize>((blocks + 3) & ~3)) << 2;
  for (let at: usize = 0; at < size; at += 512) {
    const bytes = min(size - at, <usize>512);
    begin(table, load<u32>(table, 4) + at, bytes);
    for (let entry = table + ENTRY; entry != table + ENTRY * rows; entry += ENTRY)
      mixIn(entry, load<u32>(entry, 4) + at, bytes);
    narrow(to + at, bytes);
  }
}

/** The same as mixRows for the blocks whose bound is at least `from` and below `below`. */
export function mixBetween(
  table: usize,
  rows: i32,
  blocks: i32,
  bounds: usize,
  from: f32,
  below: f32,
  to: usize,
  maxima: usize,
): void {
  const size = (<usize>blocks) << 9;
  for (let at: usize = 0; at != size; at += 512) {
    const bound = load<f32>(bounds + (at >> 7));
    if (bound >= from && bound < below) mixBlock(table, rows, at, to + at, maxima + (at >> 7));
  }
}

/** Masks all tokens of the blocks whose bound is below `from`. Their maxima stay. */
export function maskBelow(blocks: i32, bounds: usize, from: f32, to: usize): void {
  const size = (<usize>blocks) << 9;
  for (let at: usize = 0; at != size; at += 512) if (load<f32>(bounds + (at >> 7)) < from) maskBlock(to + at);
}

function mixBlock(table: usize, rows: i32, at: usize, to: usize, maximum: usize): void {
  begin(table, load<u32>(table) + at, 512);
  for (let entry = table + ENTRY; entry != table + ENTRY * rows; entry += ENTRY) mixIn(entry, load<u32>(entry) + at, 512);
  store<f32>(maximum, narrow(to, 512));
}

/** Prefetches this many bytes of values of the entry's row. */
function begin(entry: usize, from: usize, bytes: usize): void {
  const top = topOf(entry);
  const scale = v128.load64_splat(entry + SCALE);
  const offset = v128.load64_splat(entry + OFFSET);
  for (let i: usize = 0; i != bytes; i += 16) {
    const x = v128.load(from + i);
    v128.store(SUMS + 2 * i, lnOf(f64x2.promote_low_f32x4(x), top, scale, offset));
    v128.store(SUMS + 2 * i, lnOf(f64x2.promote_low_f32x4(upper(x)), top, scale, offset), 16);
  }
}

function mixIn(entry: usize, from: usize, bytes: usize): void {
  const top = topOf(entry);
  const scale = v128.load64_splat(entry + SCALE);
  const offset = v128.load64_splat(entry + OFFSET);
  for (let i: usize = 0; i != bytes; i += 16) {
    const x = v128.load(from + i);
    const a0 = v128.load(SUMS + 2 * i);
    const a1 = v128.load(SUMS + 2 * i, 16);
    const b0 = lnOf(f64x2.promote_low_f32x4(x), top, scale, offset);
    const b1 = lnOf(f64x2.promote_low_f32x4(upper(x)), top, scale, offset);
    const d0 = f32x4.demote_f64x2_zero(f64x2.abs(f64x2.sub(a0, b0)));
    const d1 = f32x4.demote_f64x2_zero(f64x2.abs(f64x2.sub(a1, b1)));
    const more = lnOnePlusExp(i32x4.shuffle(d0, d1, 0, 1, 4, 5));
    v128.store(SUMS + 2 * i, f64x2.add(f64x2.pmax(a0, b0), f64x2.promote_low_f32x4(more)));
    v128.store(SUMS + 2 * i, f64x2.add(f64x2.pmax(a1, b1), f64x2.promote_low_f32x4(upper(more))), 16);
  }
}

/** Each four times, in memory: log₂e, 1.5·2²³, ln 2 in two parts, −87, the polynomial of e^r (weights.ts), and 2/(2n + 1). */
const EXP: usize = memory.data<f32>(
  [
    1.4426950408889634, 1.4426950408889634, 1.4426950408889634, 1.4426950408889634, 12582912, 12582912, 12582912,
    12582912, 0.693145751953125, 0.693145751953125, 0.693145751953125, 0.693145751953125, 1.428606765330187e-6,
    1.428606765330187e-6, 1.428606765330187e-6, 1.428606765330187e-6, -87, -87, -87, -87,
  ],
  16,
);

/**
 * ln(1 + e^−d) for d ≥ 0, in f32: at most ln 2, so that its error is at most 1e-7 whatever it is added to. For NaN,
 * which two tokens at −Infinity give, and for d beyond 87, the result is too small to change a sum.
 */
// @ts-ignore: decorator
@inline
function lnOnePlusExp(d: v128): v128 {
  const x = f32x4.pmax(v128.load(EXP, 64), f32x4.neg(d));
  const shift = v128.load(EXP, 16);
  const t = f32x4.add(f32x4.mul(x, v128.load(EXP)), shift);
  const n = f32x4.sub(t, shift);
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, v128.load(EXP, 32))), f32x4.mul(n, v128.load(EXP, 48)));
  const r2 = f32x4.mul(r, r);
  let p = f32x4.add(f32x4.mul(f32x4.splat(0.008297619466280623), r), f32x4.splat(0.04191562925056718));
  p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(f32x4.splat(0.16667576541808804), r), f32x4.splat(0.49998892661192695)));
  p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(f32x4.splat(0.9999996910699437), r), f32x4.splat(1.0000000718663848)));
  const e = i32x4.add(p, i32x4.shl(t, 23));
  const s = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let q = f32x4.add(f32x4.splat(2.0 / 11), f32x4.mul(z, f32x4.splat(2.0 / 13)));
  q = f32x4.add(f32x4.splat(2.0 / 9), f32x4.mul(z, q));
  q = f32x4.add(f32x4.splat(2.0 / 7), f32x4.mul(z, q));
  q = f32x4.add(f32x4.splat(2.0 / 5), f32x4.mul(z, q));
  q = f32x4.add(f32x4.splat(2.0 / 3), f32x4.mul(z, q));
  return f32x4.mul(s, f32x4.add(f32x4.splat(2), f32x4.mul(z, q)));
}

/** Writes the sums as f32; the largest of them. */
function narrow(to: usize, bytes: usize): f32 {
  let most = f32x4.splat(-Infinity);
  for (let i: usize = 0; i != bytes; i += 16) {
    const low = f32x4.demote_f64x2_zero(v128.load(SUMS + 2 * i));
    const high = f32x4.demote_f64x2_zero(v128.load(SUMS + 2 * i, 16));
    const x = i32x4.shuffle(low, high, 0, 1, 4, 5);
    v128.store(to + i, x);
    most = f32x4.pmax(most, x);
  }
  return largestLane(most);
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

// @ts-ignore: decorator
@inline
function lnOf(x: v128, top: v128, scale: v128, offset: v128): v128 {
  return f64x2.add(f64x2.mul(f64x2.sub(x, top), scale), offset);
}

// @ts-ignore: decorator
@inline
function topOf(entry: usize): v128 {
  return f64x2.splat(<f64>load<f32>(entry + TOP));
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
