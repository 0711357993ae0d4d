/**
 * Edits of single values in a row, each with an entry in a journal, so that the row can be put back as it came. The
 * block maxima stay upper bounds all the while, and exact ones but for blocks that are marked: `repair` reads those
 * again.
 */
import { FLOAT_MAX, withinF32 } from "./lanes";
import { scan } from "./scan";

/** pairs of a token id (i32) and the value before (f32), in the order of the edits */
let journal: usize = 0;
/** by block: 1 when its maximum may have fallen; all 0 after `repair` */
let marks: usize = 0;
/** the marked blocks (i32) */
let marked: usize = 0;
let marked_count: i32 = 0;
/** the first id that no row has: a place in its slack */
let spare: i32 = 0;

export function configureEdits(journalAt: usize, marksAt: usize, markedAt: usize, spareId: i32): void {
  journal = journalAt;
  marks = marksAt;
  marked = markedAt;
  spare = spareId;
}

/** Gives one token another value; −Infinity bans it. `edits` is how many the journal holds; returns how many then. */
export function setValue(values: usize, maxima: usize, edits: i32, id: i32, value: f64): i32 {
  const entry = journal + ((<usize>edits) << 3);
  const at = values + ((<usize>id) << 2);
  const before = load<f32>(at);
  const after = <f32>(value > FLOAT_MAX ? FLOAT_MAX : value < -FLOAT_MAX && value != -Infinity ? -FLOAT_MAX : value);
  store<i32>(entry, id);
  store<f32>(entry, before, 4);
  store<f32>(at, after);
  noteMaximum(maxima, id, before, after);
  return edits + 1;
}

/** s ← s + amount for distinct listed tokens (i32) and amounts (f64), s = x/T. The lists have room for a whole group of four. */
export function addAmounts(
  values: usize,
  maxima: usize,
  edits: i32,
  ids: usize,
  amounts: usize,
  count: i32,
  temperature: f64,
): i32 {
  let entry = journal + ((<usize>edits) << 3);
  const t = f64x2.splat(temperature);
  padList(values, ids, count);
  const end = ids + ((<usize>count) << 2);
  while (ids < end) {
    const before = valuesOf(values, ids);
    let low = f64x2.promote_low_f32x4(before);
    let high = f64x2.promote_low_f32x4(i32x4.shuffle(before, before, 2, 3, 2, 3));
    low = f64x2.mul(f64x2.add(f64x2.div(low, t), v128.load(amounts)), t);
    high = f64x2.mul(f64x2.add(f64x2.div(high, t), v128.load(amounts, 16)), t);
    write(values, maxima, entry, ids, before, low, high);
    entry += 32;
    ids += 16;
    amounts += 32;
  }
  return edits + count;
}

/**
 * s ← (s > 0 ? s/ratio : s·ratio) + constant + per_count·n for distinct listed tokens (i32) with their counts n
 * (i32), s = x/T; lists as above. When the journal holds the values of just these tokens already, `again`, nothing
 * is added to it.
 */
export function penalise(
  values: usize,
  maxima: usize,
  edits: i32,
  ids: usize,
  counts: usize,
  count: i32,
  ratio: f64,
  constant: f64,
  per_count: f64,
  temperature: f64,
  again: bool,
): i32 {
  let entry = journal + ((<usize>edits) << 3);
  // Entries that are not wanted all go to one place behind the last.
  const step: usize = again ? 0 : 32;
  const t = f64x2.splat(temperature);
  const r = f64x2.splat(ratio);
  const each = f64x2.splat(per_count);
  const once = f64x2.splat(constant);
  const scales = ratio != 1 || temperature != 1;
  padList(values, ids, count);
  const end = ids + ((<usize>count) << 2);
  while (ids < end) {
    const before = valuesOf(values, ids);
    const n = v128.load(counts);
    const low_amount = f64x2.add(once, f64x2.mul(each, f64x2.convert_low_i32x4_s(n)));
    const high_amount = f64x2.add(once, f64x2.mul(each, f64x2.convert_low_i32x4_s(i32x4.shuffle(n, n, 2, 3, 2, 3))));
    let low = f64x2.promote_low_f32x4(before);
    let high = f64x2.promote_low_f32x4(i32x4.shuffle(before, before, 2, 3, 2, 3));
    if (scales) {
      low = f64x2.mul(f64x2.add(scaled(f64x2.div(low, t), r), low_amount), t);
      high = f64x2.mul(f64x2.add(scaled(f64x2.div(high, t), r), high_amount), t);
    } else {
      low = f64x2.add(low, low_amount);
      high = f64x2.add(high, high_amount);
    }
    write(values, maxima, entry, ids, before, low, high);
    entry += step;
    ids += 16;
    counts += 16;
  }
  return again ? edits : edits + count;
}

/** s > 0 ? s/r : s·r, without a branch, which would be taken at random. */
// @ts-ignore: decorator
@inline
function scaled(s: v128, r: v128): v128 {
  return v128.bitselect(f64x2.div(s, r), f64x2.mul(s, r), f64x2.gt(s, f64x2.splat(0)));
}

/** Fills the last group of four up with ids that no token has: their values are −Infinity, and stay it. */
function padList(values: usize, ids: usize, count: i32): void {
  for (let i = count; (i & 3) != 0; i++) store<i32>(ids + ((<usize>i) << 2), spare);
  store<f32>(values + ((<usize>spare) << 2), -Infinity);
}

// @ts-ignore: decorator
@inline
function valuesOf(values: usize, ids: usize): v128 {
  let x = v128.load32_zero(values + ((<usize>load<i32>(ids)) << 2));
  x = v128.load_lane<f32>(values + ((<usize>load<i32>(ids, 4)) << 2), x, 1);
  x = v128.load_lane<f32>(values + ((<usize>load<i32>(ids, 8)) << 2), x, 2);
  return v128.load_lane<f32>(values + ((<usize>load<i32>(ids, 12)) << 2), x, 3);
}

/** Writes four values and their entries. */
// @ts-ignore: decorator
@inline
function write(values: usize, maxima: usize, entry: usize, ids: usize, before: v128, low: v128, high: v128): void {
  const id = v128.load(ids);
  v128.store(entry, i32x4.shuffle(id, before, 0, 4, 1, 5));
  v128.store(entry, i32x4.shuffle(id, before, 2, 6, 3, 7), 16);
  const after = i32x4.shuffle(
    f32x4.demote_f64x2_zero(withinF32(low)),
    f32x4.demote_f64x2_zero(withinF32(high)),
    0,
    1,
    4,
    5,
  );
  const id0 = load<i32>(ids);
  const id1 = load<i32>(ids, 4);
  const id2 = load<i32>(ids, 8);
  const id3 = load<i32>(ids, 12);
  v128.store_lane<f32>(values + ((<usize>id0) << 2), after, 0);
  v128.store_lane<f32>(values + ((<usize>id1) << 2), after, 1);
  v128.store_lane<f32>(values + ((<usize>id2) << 2), after, 2);
  v128.store_lane<f32>(values + ((<usize>id3) << 2), after, 3);
  let max = v128.load32_zero(maxima + ((<usize>(id0 >> 7)) << 2));
  max = v128.load_lane<f32>(maxima + ((<usize>(id1 >> 7)) << 2), max, 1);
  max = v128.load_lane<f32>(maxima + ((<usize>(id2 >> 7)) << 2), max, 2);
  max = v128.load_lane<f32>(maxima + ((<usize>(id3 >> 7)) << 2), max, 3);
  if (v128.any_true(v128.or(f32x4.ge(after, max), f32x4.eq(before, max)))) {
    noteMaximum(maxima, id0, f32x4.extract_lane(before, 0), f32x4.extract_lane(after, 0));
    noteMaximum(maxima, id1, f32x4.extract_lane(before, 1), f32x4.extract_lane(after, 1));
    noteMaximum(maxima, id2, f32x4.extract_lane(before, 2), f32x4.extract_lane(after, 2));
    noteMaximum(maxima, id3, f32x4.extract_lane(before, 3), f32x4.extract_lane(after, 3));
  }
}

function noteMaximum(maxima: usize, id: i32, before: f32, after: f32): void {
  const block = id >> 7;
  const at = maxima + ((<usize>block) << 2);
  const max = load<f32>(at);
  if (after >= max) store<f32>(at, after);
  else if (before == max) mark(block);
}

function mark(block: i32): void {
  if (load<u8>(marks + <usize>block) != 0) return;
  store<u8>(marks + <usize>block, 1);
  store<i32>(marked + ((<usize>marked_count) << 2), block);
  marked_count += 1;
}

/** Reads the marked blocks again: after it the block maxima are exact. */
export function repair(values: usize, maxima: usize): void {
  for (let i = 0; i < marked_count; i++) {
    const block = <usize>load<i32>(marked + ((<usize>i) << 2));
    scan(values + (block << 9), maxima + (block << 2), 1);
    store<u8>(marks + block, 0);
  }
  marked_count = 0;
}

/** Writes the values before the first `edits` edits back, newest first. The block maxima are the caller's to put back. */
export function takeBack(values: usize, edits: i32): void {
  for (let i = 0; i < marked_count; i++) store<u8>(marks + <usize>load<i32>(marked + ((<usize>i) << 2)), 0);
  marked_count = 0;
  let entry = journal + ((<usize>edits) << 3);
  while (entry != journal) {
    entry -= 8;
    store<f32>(values + ((<usize>load<i32>(entry)) << 2), load<f32>(entry, 4));
  }
}
