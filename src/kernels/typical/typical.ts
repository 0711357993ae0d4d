/**
 * Locally typical sampling over a whole row: the tokens whose surprise is closest to the entropy, until they hold
 * the mass p.
 *
 * −ln p − H = (c − x)/T with c = Σ p·x, so the closest tokens form a window of logits around c. Distances are
 * |x − c| in f32, with c in two parts so that rows far from zero lose nothing. Of tokens at the crossing distance those above c come first; on either side
 * the closer ones by exact subtraction before the others, and equal logits by ascending id. (Should more than CANDIDATES_MAX tokens of different logits
 * share the crossing distance, they stay or go together; they are less than one part in 10⁷ apart.)
 */

import { distributionOf } from "../distribution.ts";
import type { Machine } from "../instance.ts";
import { CANDIDATES_MAX } from "../layout.ts";
import { type BlockSums, prepareWeights } from "../mass.ts";
import type { Row } from "../row.ts";
import { type Cut, countEqual, cutFrom, EVERY_TIE, gather, setWindow, tieId } from "../selection/cut.ts";
import { type Crossing, findCrossing } from "../selection/radix.ts";
import { type Center, type ListedCrossing, nearCrossing, selectListed, type Wanted } from "./bracket.ts";

export interface TypicalCut {
  readonly cut: Cut;
  /** share of the row's mass that is kept */
  readonly mass: number;
  /** true when the survivors' block sums are there */
  readonly summed: boolean;
}

/**
 * `share` is p less its slack: a token stays while the mass of the closer ones is below it; the first always does.
 * Tells also whether the survivors' block sums lie in `sums` then.
 */
export function typicalCut(
  machine: Machine,
  sums: BlockSums,
  row: Row,
  temperature: number,
  share: number,
): TypicalCut {
  const { wasm } = machine;
  const all = cutFrom(-Infinity, EVERY_TIE);
  const { mean_logit: mean, mass: total } = distributionOf(machine, row, temperature, all);
  sums.relativeTo(row.max, prepareWeights(machine, row, temperature, all));
  const high = Math.fround(mean);
  const center = { high, low: Math.fround(mean - high) };
  // However small p is, the first token stays.
  const limit = Math.max(share, 1e-300) * total;
  const wanted = { row, temperature, center, limit, total };
  wasm.setMeasure(true, center.high, center.low);
  const near = nearCrossing(machine, sums.address, wanted);
  const crossing = near ?? findCrossing(machine, row, limit, false, true);
  wasm.setMeasure(false, 0, 0);
  const { cut, mass } = windowAt(machine, wanted, crossing);
  if (near !== undefined) {
    setWindow(machine, cut);
    const kept = wasm.addBracket(row.address, row.blocks, sums.address);
    sums.describe(row, temperature, cut, kept, near.nearer + machine.results[0]!);
  }
  return { cut, mass, summed: near !== undefined };
}

/** The window whose last tokens are at the crossing's distance. */
function windowAt(
  machine: Machine,
  { row, center, limit, total }: Wanted,
  crossing: Crossing | ListedCrossing,
): { cut: Cut; mass: number } {
  const distance = -crossing.value;
  const upper = intervalAt(center, distance, 1);
  // At distance 0 there is only one side.
  const beneath = nextDown(upper.near);
  const lower = distance > 0 ? intervalAt(center, distance, -1) : { near: beneath, far: beneath };
  const above = takeSide(machine, row, crossing, upper, limit - crossing.above, 1);
  const rest = distance > 0 ? limit - crossing.above - above.mass : 0;
  const below = takeSide(machine, row, crossing, lower, rest, -1);
  const cut = {
    floor: below.edge,
    tie_id: below.tie_id,
    ceiling: above.edge,
    ceiling_tie_id: above.tie_id,
  };
  return { cut, mass: Math.min((crossing.above + above.mass + below.mass) / total, 1) };
}

/** Where one side of the window ends, and the mass of those at the crossing distance that it still takes in. */
interface Side {
  readonly edge: number;
  readonly tie_id: number;
  readonly mass: number;
}

interface Interval {
  readonly near: number;
  readonly far: number;
}

/** Takes tokens of the interval, the near ones first, while less mass than `needed` was taken. */
function takeSide(
  machine: Machine,
  row: Row,
  crossing: Crossing | ListedCrossing,
  interval: Interval,
  needed: number,
  direction: 1 | -1,
): Side {
  const { wasm, selected_logits: logits, selected_ids: ids, selected_weights: weights } = machine;
  const { near, far } = interval;
  const nothing = { edge: near, tie_id: -1, mass: 0 };
  if (needed <= 0) return nothing;
  const length = direction * (far - near) < 0 ? 0 : selectInterval(machine, row, crossing, interval);
  if (length === 0) return nothing;
  if (length < 0) return takeCrowd(machine, row, far, needed);

  // The selection is sorted downwards; upwards of the center that is inside out.
  for (let i = 0; i < length; i++) logits[i] = -direction * logits[i]!;
  wasm.sortSelection(length, length);
  for (let i = 0; i < length; i++) logits[i] = -direction * logits[i]!;
  wasm.weighSelection(length);
  let mass = 0;
  let taken = 0;
  while (taken < length && mass < needed) mass += weights[taken++]!;
  return { edge: logits[taken - 1]!, tie_id: ids[taken - 1]!, mass };
}

/** Selects the tokens of an interval; −1 when they are too many. */
function selectInterval(
  machine: Machine,
  row: Row,
  crossing: Crossing | ListedCrossing,
  { near, far }: Interval,
): number {
  const low = Math.min(near, far);
  const high = Math.max(near, far);
  if ("listed" in crossing) return selectListed(machine, crossing.listed, low, high);
  machine.wasm.setWindow(low, EVERY_TIE, high, EVERY_TIE);
  return gather(machine, row, CANDIDATES_MAX);
}

/** More tokens than can be listed: as many as needed if they are all equal, otherwise all. */
function takeCrowd(machine: Machine, row: Row, far: number, needed: number): Side {
  const { wasm, selected_logits, selected_weights } = machine;
  const crowd = wasm.count(row.address, row.maxima_address, row.blocks);
  const logit = selected_logits[0]!;
  wasm.weighSelection(1);
  const each = selected_weights[0]!;
  if (countEqual(machine, row, logit) < crowd) return { edge: far, tie_id: EVERY_TIE, mass: each * crowd };
  const taken = Math.min(Math.max(Math.ceil(needed / each), 1), crowd);
  return { edge: logit, tie_id: tieId(machine, row, logit, taken), mass: each * taken };
}

/** The floats at exactly this distance above (direction 1) or below (−1) the center; empty when far lies before near. */
function intervalAt(center: Center, distance: number, direction: 1 | -1): Interval {
  const high = direction * center.high;
  const low = direction * center.low;
  const depth = (x: number): number => Math.fround(Math.fround(x - high) - low);
  const near = firstWhere((x) => depth(x) >= distance);
  const beyond = firstWhere((x) => depth(x) > distance);
  return { near: direction * near, far: direction * nextDown(beyond) };
}

const BITS = new Int32Array(1);
const FLOATS = new Float32Array(BITS.buffer);

/** The smallest float for which a monotone condition holds; Infinity when it never does. */
function firstWhere(holds: (x: number) => boolean): number {
  let low = keyOf(-Infinity);
  let high = keyOf(Infinity);
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(floatOf(middle))) high = middle;
    else low = middle + 1;
  }
  return floatOf(low);
}

function nextDown(x: number): number {
  return floatOf(keyOf(x) - 1);
}

/** A signed integer that orders as the float does; 0 for both zeros. */
function keyOf(x: number): number {
  FLOATS[0] = x;
  const bits = BITS[0]!;
  return bits >= 0 ? bits : -0x80000000 - bits;
}

function floatOf(key: number): number {
  BITS[0] = key >= 0 ? key : -0x80000000 - key;
  return FLOATS[0]!;
}
