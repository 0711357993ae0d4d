/**
 * The window of survivors that a cut describes. A value survives when
 *
 *     (x > floor or x = floor and id ≤ floor_tie) and
 *     (x < ceiling or x = ceiling and id ≤ ceiling_tie) and x ≠ −Infinity.
 *
 * Per block this becomes two inclusive bounds, so that the vector loops compare twice and know no ids. In a
 * block that contains a tie id, the values outside are overwritten with −Infinity in a copy of the block.
 */
import { block_values } from "./state";
import { nextDown, nextUp } from "./lanes";

let floor: f32 = 0;
let floor_tie: i32 = 0;
let ceiling: f32 = 0;
let ceiling_tie: i32 = 0;
let above_floor: f32 = 0;
let below_ceiling: f32 = 0;

/** inclusive bounds of the survivors of the block of the last `windowBlock` call */
export let block_low: f32 = 0;
export let block_high: f32 = 0;

export function setWindow(low: f32, low_tie: i32, high: f32, high_tie: i32): void {
  floor = low;
  floor_tie = low_tie;
  ceiling = high;
  ceiling_tie = high_tie;
  if (low == -Infinity) {
    floor = -f32.MAX_VALUE;
    floor_tie = i32.MAX_VALUE;
  }
  above_floor = nextUp(floor);
  below_ceiling = nextDown(ceiling);
}

/** Lowest value that may survive in any block: blocks with a smaller maximum can be skipped. */
// @ts-ignore: decorator
@inline
export function windowFloor(): f32 {
  return floor;
}

/** Sets the bounds for a block and returns the address of its values. */
export function windowBlock(values: usize, block: i32): usize {
  const first = block << 7;
  const last = first + 127;
  block_low = floor_tie >= last ? floor : above_floor;
  block_high = ceiling_tie >= last ? ceiling : below_ceiling;
  const from = values + ((<usize>first) << 2);
  const floor_mixed = floor_tie >= first && floor_tie < last;
  const ceiling_mixed = ceiling_tie >= first && ceiling_tie < last;
  if (floor_mixed || ceiling_mixed) {
    if (floor_mixed) block_low = floor;
    if (ceiling_mixed) block_high = ceiling;
    copySurvivors(from, first, floor_mixed, ceiling_mixed);
    return block_values;
  }
  return from;
}

function copySurvivors(from: usize, first: i32, floor_mixed: bool, ceiling_mixed: bool): void {
  let id = first;
  let to = block_values;
  do {
    const x = load<f32>(from);
    const below = floor_mixed && x == floor && id > floor_tie;
    const above = ceiling_mixed && x == ceiling && id > ceiling_tie;
    store<f32>(to, below || above ? <f32>-Infinity : x);
    from += 4;
    to += 4;
    id += 1;
  } while (id != first + 128);
}
