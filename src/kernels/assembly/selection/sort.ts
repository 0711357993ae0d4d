/**
 * Sorts the selection by logit descending, id ascending. A pair is one u64, the inverted ordered bits of the logit
 * above the id, so that the order is plain integer order. Short lists: runs of 16 by insertion, then merged
 * bottom-up, n log n at worst whatever the row. Long ones: stable counting by 11, 11 and 10 bits of the logit.
 */
import { bins, selected_ids, selected_logits, sort_keys, sort_spare } from "../state";
import { fromOrderedBits, orderedBits } from "../lanes";

const RUN: i32 = 16;
const LONG: i32 = 400;
const DIGITS: i32 = 2048;

/**
 * Sorts the first `length` pairs of the selection, in which ids ascend among equal logits, and writes back the best
 * `keep` of them (keep ≤ length).
 */
export function sortSelection(length: i32, keep: i32): void {
  if (length < 1) return;
  writeKeys(length);
  if (length >= LONG) {
    countingPass(sort_keys, sort_spare, length, 32);
    countingPass(sort_spare, sort_keys, length, 43);
    countingPass(sort_keys, sort_spare, length, 54);
    readKeys(sort_spare, keep);
    return;
  }
  for (let from = 0; from < length; from += RUN) insertionSort(from, min(from + RUN, length));
  let source = sort_keys;
  let target = sort_spare;
  for (let width = RUN; width < length; width <<= 1) {
    for (let from = 0; from < length; from += 2 * width) {
      merge(source, target, from, min(from + width, length), min(from + 2 * width, length));
    }
    const swap = source;
    source = target;
    target = swap;
  }
  readKeys(source, keep);
}

function writeKeys(length: i32): void {
  for (let i = 0; i < length; i++) {
    const slot = (<usize>i) << 2;
    const order = <u64>~orderedBits(load<f32>(selected_logits + slot));
    store<u64>(sort_keys + (slot << 1), (order << 32) | <u64>load<u32>(selected_ids + slot));
  }
}

function readKeys(source: usize, keep: i32): void {
  for (let i = 0; i < keep; i++) {
    const slot = (<usize>i) << 2;
    const key = load<u64>(source + (slot << 1));
    store<u32>(selected_ids + slot, <u32>key);
    store<f32>(selected_logits + slot, fromOrderedBits(~(<u32>(key >> 32))));
  }
}

/** One stable pass by the 11 bits of the keys from bit `right` on. */
function countingPass(source: usize, target: usize, length: i32, right: u64): void {
  const end = source + ((<usize>length) << 3);
  memory.fill(bins, 0, <usize>DIGITS << 2);
  for (let at = source; at < end; at += 8) {
    const bin = bins + ((<usize>((load<u64>(at) >> right) & 2047)) << 2);
    store<i32>(bin, load<i32>(bin) + 1);
  }
  let place: i32 = 0;
  const bins_end = bins + (<usize>DIGITS << 2);
  for (let bin = bins; bin < bins_end; bin += 4) {
    const count = load<i32>(bin);
    store<i32>(bin, place);
    place += count;
  }
  for (let at = source; at < end; at += 8) {
    const key = load<u64>(at);
    const bin = bins + ((<usize>((key >> right) & 2047)) << 2);
    const to = load<i32>(bin);
    store<i32>(bin, to + 1);
    store<u64>(target + ((<usize>to) << 3), key);
  }
}

function insertionSort(from: i32, end: i32): void {
  for (let i = from + 1; i < end; i++) {
    const key = load<u64>(sort_keys + ((<usize>i) << 3));
    let at = i;
    while (at > from) {
      const before = load<u64>(sort_keys + ((<usize>(at - 1)) << 3));
      if (before <= key) break;
      store<u64>(sort_keys + ((<usize>at) << 3), before);
      at -= 1;
    }
    store<u64>(sort_keys + ((<usize>at) << 3), key);
  }
}

function merge(source: usize, target: usize, from: i32, middle: i32, end: i32): void {
  let left = from;
  let right = middle;
  for (let at = from; at < end; at++) {
    const takeLeft =
      left < middle &&
      (right >= end || load<u64>(source + ((<usize>left) << 3)) <= load<u64>(source + ((<usize>right) << 3)));
    const key = load<u64>(source + ((<usize>(takeLeft ? left : right)) << 3));
    if (takeLeft) left += 1;
    else right += 1;
    store<u64>(target + ((<usize>at) << 3), key);
  }
}
