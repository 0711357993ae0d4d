/** Mixes several rows of a table (table.ts) into one: ln Σ e^… of each token. */
import { largestLane } from "./lanes";
import { ENTRY, lnOf, OFFSET, SCALE, topOf } from "./table";
import { upper } from "./weights/weights-f64";

/** The mixture of up to 128 tokens so far, in f64. */
const SUMS: usize = memory.data(1024, 16);
/** Of the same tokens in f32: a distance d, then a step of ln(1 + e^−d). */
const STEPS: usize = memory.data(512, 16);

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

function mixBlock(table: usize, rows: i32, at: usize, to: usize, maximum: usize): void {
  begin(table, load<u32>(table) + at, 512);
  for (let entry = table + ENTRY; entry != table + ENTRY * rows; entry += ENTRY) mixIn(entry, load<u32>(entry) + at, 512);
  store<f32>(maximum, narrow(to, 512));
}

/** Starts the mixture with the first row's ln p. */
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

/**
 * Adds a row to the mixture: ln(e^a + e^b) = max(a, b) + ln(1 + e^−|a − b|). The steps are separate loops, because a
 * processor looks further ahead in a short loop, and constants stay in registers.
 */
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
    v128.store(SUMS + 2 * i, f64x2.pmax(a0, b0));
    v128.store(SUMS + 2 * i, f64x2.pmax(a1, b1), 16);
    v128.store(STEPS + i, i32x4.shuffle(d0, d1, 0, 1, 4, 5));
  }
  halveLn(bytes);
  finishLn(bytes);
  for (let i: usize = 0; i != bytes; i += 16) {
    const more = v128.load(STEPS + i);
    const s0 = v128.load(SUMS + 2 * i);
    const s1 = v128.load(SUMS + 2 * i, 16);
    v128.store(SUMS + 2 * i, f64x2.add(s0, f64x2.promote_low_f32x4(more)));
    v128.store(SUMS + 2 * i, f64x2.add(s1, f64x2.promote_low_f32x4(upper(more))), 16);
  }
}

/** Each four times, in memory: log₂e, 1.5·2²³, ln 2 in two parts, −87, 2, and the polynomial of e^r (weights.ts). */
const EXP: usize = memory.data<f32>(
  [
    1.4426950408889634, 1.4426950408889634, 1.4426950408889634, 1.4426950408889634, 12582912, 12582912, 12582912,
    12582912, 0.693145751953125, 0.693145751953125, 0.693145751953125, 0.693145751953125, 1.428606765330187e-6,
    1.428606765330187e-6, 1.428606765330187e-6, 1.428606765330187e-6, -87, -87, -87, -87, 2, 2, 2, 2,
    0.008297619466280623, 0.008297619466280623, 0.008297619466280623, 0.008297619466280623, 0.04191562925056718,
    0.04191562925056718, 0.04191562925056718, 0.04191562925056718, 0.16667576541808804, 0.16667576541808804,
    0.16667576541808804, 0.16667576541808804, 0.49998892661192695, 0.49998892661192695, 0.49998892661192695,
    0.49998892661192695, 0.9999996910699437, 0.9999996910699437, 0.9999996910699437, 0.9999996910699437,
    1.0000000718663848, 1.0000000718663848, 1.0000000718663848, 1.0000000718663848,
  ],
  16,
);

/**
 * From d ≥ 0 to s = e^−d/(e^−d + 2), in f32, the argument of the series of ln(1 + e^−d) = 2·artanh(s). That is at most ln 2,
 * so that its error is at most 1e-7 whatever it is added to. For NaN, which two tokens at −Infinity give, and for d beyond
 * 87, the result is too small to change a sum.
 */
function halveLn(bytes: usize): void {
  const log2_e = v128.load(EXP);
  const shift = v128.load(EXP, 16);
  const ln2_high = v128.load(EXP, 32);
  const ln2_low = v128.load(EXP, 48);
  const least = v128.load(EXP, 64);
  const two = v128.load(EXP, 80);
  const c5 = v128.load(EXP, 96);
  const c4 = v128.load(EXP, 112);
  const c3 = v128.load(EXP, 128);
  const c2 = v128.load(EXP, 144);
  const c1 = v128.load(EXP, 160);
  const c0 = v128.load(EXP, 176);
  for (let at = STEPS; at != STEPS + bytes; at += 16) {
    const x = f32x4.pmax(least, f32x4.neg(v128.load(at)));
    const t = f32x4.add(f32x4.mul(x, log2_e), shift);
    const n = f32x4.sub(t, shift);
    const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, ln2_high)), f32x4.mul(n, ln2_low));
    const r2 = f32x4.mul(r, r);
    let p = f32x4.add(f32x4.mul(c5, r), c4);
    p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(c3, r), c2));
    p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(c1, r), c0));
    const e = i32x4.add(p, i32x4.shl(t, 23));
    v128.store(at, f32x4.div(e, f32x4.add(e, two)));
  }
}

/** 2/3, 2/5, … 2/13: each four times */
const ODD: usize = memory.data<f32>(
  [
    2.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 5, 2.0 / 5, 2.0 / 5, 2.0 / 5, 2.0 / 7, 2.0 / 7, 2.0 / 7, 2.0 / 7,
    2.0 / 9, 2.0 / 9, 2.0 / 9, 2.0 / 9, 2.0 / 11, 2.0 / 11, 2.0 / 11, 2.0 / 11, 2.0 / 13, 2.0 / 13, 2.0 / 13, 2.0 / 13,
  ],
  16,
);

/** From s to 2·artanh(s) = s·(2 + s²·(2/3 + s²·(2/5 + …))). */
function finishLn(bytes: usize): void {
  const two = v128.load(EXP, 80);
  const c3 = v128.load(ODD);
  const c5 = v128.load(ODD, 16);
  const c7 = v128.load(ODD, 32);
  const c9 = v128.load(ODD, 48);
  const c11 = v128.load(ODD, 64);
  const c13 = v128.load(ODD, 80);
  for (let at = STEPS; at != STEPS + bytes; at += 16) {
    const s = v128.load(at);
    const z = f32x4.mul(s, s);
    let q = f32x4.add(c11, f32x4.mul(z, c13));
    q = f32x4.add(c9, f32x4.mul(z, q));
    q = f32x4.add(c7, f32x4.mul(z, q));
    q = f32x4.add(c5, f32x4.mul(z, q));
    q = f32x4.add(c3, f32x4.mul(z, q));
    v128.store(at, f32x4.mul(s, f32x4.add(two, f32x4.mul(z, q))));
  }
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
