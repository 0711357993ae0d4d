/**
 * Edits of single values in a row, each with an entry in a journal, so that the row can be restored. The block
 * maxima stay upper bounds. They are exact except in marked blocks, which `repair` reads again.
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
/** ratio, constant, per_count and where the counts are, of one step of `penalise` */
const RULE_BYTES: usize = 32;
/** four ids */
const GROUP: usize = memory.data(16, 16);
/** the first id that no row has: a place in its slack */
let spare: i32 = 0;

export function configureEdits(journalAt: usize, marksAt: usize, markedAt: usize, spareId: i32): void {
  journal = journalAt;
  marks = marksAt;
  marked = markedAt;
  spare = spareId;
}

/**
 * Gives one token another value; −Infinity bans it. `edits` is the number of entries in the journal; returns the new
 * number.
 */
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
    write(values, maxima, entry, ids, before, narrowed(low, high));
    entry += 32;
    ids += 16;
    amounts += 32;
  }
  return edits + count;
}

/**
 * s ← (s > 0 ? s/ratio : s·ratio) + constant + per_count·n for distinct listed tokens (i32) from place `begin` to `end`,
 * s = x/T, in one or more steps. At `rules` there are ratio, constant, per_count (f64) and the address of the counts n
 * (i32) of each. With `again`, the journal already holds the values of these tokens, and nothing is added to it. Up to
 * three counts after the last are read.
 */
export function penalise(
  values: usize,
  maxima: usize,
  edits: i32,
  ids: usize,
  begin: i32,
  end: i32,
  rules: usize,
  steps: i32,
  temperature: f64,
  again: bool,
): i32 {
  let entry = journal + ((<usize>edits) << 3);
  // Unwanted entries all go to one place after the last.
  const step: usize = again ? 0 : 32;
  const stop = rules + <usize>steps * RULE_BYTES;
  const last = (<usize>end) << 2;
  for (let place = (<usize>begin) << 2; place < last; place += 16) {
    const group = place + 16 <= last ? ids + place : padGroup(values, ids + place, ids + last);
    const before = valuesOf(values, group);
    let after = penalised(before, place, rules, stop, temperature, false);
    // Clamping each step to f32's range costs as much as the step; a value that left the range once does not
    // come back.
    const infinite = f32x4.eq(f32x4.abs(after), f32x4.splat(Infinity));
    if (v128.any_true(v128.andnot(infinite, f32x4.eq(before, f32x4.splat(-Infinity)))))
      after = penalisedWithin(before, place, rules, stop, temperature);
    write(values, maxima, entry, group, before, after);
    entry += step;
  }
  return again ? edits : edits + end - begin;
}

/** Copies up to three ids to `GROUP`, and fills it up with ids that no token has: their values are and stay −Infinity. */
function padGroup(values: usize, ids: usize, end: usize): usize {
  v128.store(GROUP, i32x4.splat(spare));
  store<f32>(values + ((<usize>spare) << 2), -Infinity);
  let to = GROUP;
  do {
    store<i32>(to, load<i32>(ids));
    to += 4;
    ids += 4;
  } while (ids != end);
  return GROUP;
}

/** Four values after all steps, each clamped to f32's range. */
function penalisedWithin(x: v128, place: usize, rules: usize, stop: usize, temperature: f64): v128 {
  return penalised(x, place, rules, stop, temperature, true);
}

// @ts-ignore: decorator
@inline
function penalised(x: v128, place: usize, rules: usize, stop: usize, temperature: f64, within: bool): v128 {
  const t = f64x2.splat(temperature);
  for (let rule = rules; rule != stop; rule += RULE_BYTES) {
    let low = f64x2.promote_low_f32x4(x);
    let high = f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
    const once = v128.load64_splat(rule, 8);
    const each = v128.load64_splat(rule, 16);
    const n = v128.load(<usize>load<i32>(rule, 24) + place);
    if (temperature != 1) {
      low = f64x2.div(low, t);
      high = f64x2.div(high, t);
    }
    if (load<f64>(rule) != 1) {
      const r = v128.load64_splat(rule);
      low = scaled(low, r);
      high = scaled(high, r);
    }
    low = f64x2.add(low, f64x2.add(once, f64x2.mul(each, f64x2.convert_low_i32x4_s(n))));
    high = f64x2.add(high, f64x2.add(once, f64x2.mul(each, f64x2.convert_low_i32x4_s(i32x4.shuffle(n, n, 2, 3, 2, 3)))));
    if (temperature != 1) {
      low = f64x2.mul(low, t);
      high = f64x2.mul(high, t);
    }
    x = within
      ? narrowed(low, high)
      : i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
  }
  return x;
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

/** Two pairs as four f32, kept within its range. */
// @ts-ignore: decorator
@inline
function narrowed(low: v128, high: v128): v128 {
  const right = f32x4.demote_f64x2_zero(withinF32(low));
  const left = f32x4.demote_f64x2_zero(withinF32(high));
  return i32x4.shuffle(right, left, 0, 1, 4, 5);
}

/** Writes four values and their entries. */
// @ts-ignore: decorator
@inline
function write(values: usize, maxima: usize, entry: usize, ids: usize, before: v128, after: v128): void {
  const id = v128.load(ids);
  v128.store(entry, i32x4.shuffle(id, before, 0, 4, 1, 5));
  v128.store(entry, i32x4.shuffle(id, before, 2, 6, 3, 7), 16);
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

/** True when some token is certainly not banned: when a block whose maximum is exact has one above −Infinity. */
export function hasSome(maxima: usize, blocks: i32): bool {
  for (let block: usize = 0; block < <usize>blocks; block++)
    if (load<u8>(marks + block) == 0 && load<f32>(maxima + (block << 2)) != -Infinity) return true;
  return false;
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
