/**
 * Where the smallest descending prefix with the mass p ends, without sorting the vocabulary. Three ways, each of
 * which knows when it cannot answer and leaves the row to the next:
 *
 *  1. peaked rows: the best hundred tokens hold the mass. They are sorted and weighed in float64; the tail is
 *     bounded, and only summed when the bounds leave a doubt.
 *  2. flat rows: a sample brackets the cut, one pass weighs everything and lists the bracket (bracketed.ts).
 *  3. any row: radix over the bits of the values (radix.ts).
 */

import { exp } from "../float64.ts";
import type { Machine } from "../instance.ts";
import { type BlockSums, prepareWeights, sumWeights } from "../mass.ts";
import type { Row } from "../row.ts";
import {
  type Cut,
  countEqual,
  cutAfterSelected,
  cutFrom,
  EVERY_TIE,
  gather,
  tieId,
} from "../selection/cut.ts";
import { sampleBelow } from "../selection/estimate.ts";
import { findCrossing, neededOf } from "../selection/radix.ts";
import { type Answer, bracketedCut, type Question } from "./bracket.ts";

/** Slack of mass comparisons, so that exact ties come out alike from f32, f16 and bf16 rows. */
export const MASS_SLACK = 1e-7;

/** Block maxima that make the head, and the most tokens that it may have. */
const HEAD_BLOCKS = 64;
const HEAD_MAX = 1024;

/** How far the head's share must lie above p in the sample before the peaked way is tried. */
const SAMPLE_DOUBT = 0.002;
/** The bound is 6 % wide: with a tail above this share it hardly ever decides. */
const BOUND_TAIL_MAX = 0.15;
/** Largest |limit|/T for which the bound's arithmetic is exact to a place. */
const BOUND_REACH = 700;
/** assembly/bound.ts: Σ is 1 to 1.0615 times the mass; 0.1 % more for its rounding */
const BOUND_LOW = 1 / 1.0625;
const BOUND_HIGH = 1.001;

const ALL: Cut = cutFrom(-Infinity, EVERY_TIE);
const head_weights = new Float64Array(HEAD_MAX);

export function findTopP(machine: Machine, sums: BlockSums, question: Question): Answer {
  const { row, temperature, share } = question;
  if (share <= 0) return firstOnly(machine, row);
  prepareWeights(machine, row, temperature, ALL);
  if (machine.wasm.weightsArePlain() === 0) return byRadix(machine, sums, question);
  const head = gatherHead(machine, row, temperature);
  const sample = sampleBelow(machine, row, temperature, head.limit);
  const total = head.mass + sample.mass;
  if (head.mass > (share + SAMPLE_DOUBT) * total) {
    const answer = inHead(machine, sums, question, head, sample.mass / total);
    if (answer !== undefined) return answer;
  }
  return bracketedCut(machine, sums, question, head.mass, sample) ?? byRadix(machine, sums, question);
}

/** p so small that only the best token stays. */
function firstOnly(machine: Machine, row: Row): Answer {
  const id = machine.wasm.argmax(row.address, row.maxima_address, row.blocks, row.max);
  return { cut: cutFrom(row.max, id), mass: undefined, summed: false };
}

interface Head {
  /** the head is every x ≥ limit; when it would be too long it is empty, and the limit above all values */
  readonly limit: number;
  readonly length: number;
  /** Σ exp((x − max)/T) over the head */
  readonly mass: number;
}

/** Selects and sorts the best hundred or so; their weights go to `head_weights`. */
function gatherHead(machine: Machine, row: Row, temperature: number): Head {
  const { wasm, selected_logits: logits } = machine;
  const rank = Math.min(HEAD_BLOCKS, Math.max(1, row.blocks >> 1));
  const limit = wasm.blockThreshold(row.maxima_address, row.blocks, rank, row.max);
  wasm.setWindow(limit, EVERY_TIE, Infinity, EVERY_TIE);
  const length = gather(machine, row, HEAD_MAX);
  if (length <= 0) return { limit: wasm.nextUp(row.max), length: 0, mass: 0 };
  wasm.sortSelection(length, length);
  let mass = 0;
  for (let i = 0; i < length; i++) {
    const weight = exp((logits[i]! - row.max) / temperature);
    head_weights[i] = weight;
    mass += weight;
  }
  return { limit: limit === -Infinity ? -FLOAT_MAX : limit, length, mass };
}

const FLOAT_MAX = 3.4028234663852886e38;

/** The peaked way: undefined when the head turns out not to hold the mass. */
function inHead(
  machine: Machine,
  sums: BlockSums,
  question: Question,
  head: Head,
  tail_share: number,
): Answer | undefined {
  const { row, temperature } = question;
  const { wasm } = machine;
  if (tail_share < BOUND_TAIL_MAX && Math.abs(head.limit) < BOUND_REACH * temperature) {
    const bound =
      wasm.boundBelow(row.address, row.maxima_address, row.blocks, head.limit, temperature) *
      exp((head.limit - row.max) / temperature);
    const least = keptInHead(question, head, head.mass + bound * BOUND_LOW);
    const most = keptInHead(question, head, head.mass + bound * BOUND_HIGH);
    if (least > 0 && least === most)
      return { cut: cutInHead(machine, least), mass: undefined, summed: false };
  }
  const below = { floor: -Infinity, tie_id: EVERY_TIE, ceiling: head.limit, ceiling_tie_id: -1 };
  sumWeights(machine, sums, row, temperature, below);
  const total = head.mass + sums.total * exp(sums.offset + (sums.largest - row.max) / temperature);
  const kept = keptInHead(question, head, total);
  if (kept === 0) return undefined;
  let mass = 0;
  for (let i = 0; i < kept; i++) mass += head_weights[i]!;
  return { cut: cutInHead(machine, kept), mass: mass / total, summed: false };
}

/** How many of the head stay if the row's mass is `total`; 0 when the head does not reach the limit. */
function keptInHead(question: Question, head: Head, total: number): number {
  const limit = question.share * total;
  let before = 0;
  for (let i = 0; i < head.length; i++) {
    if (i > 0 && !(question.inclusive ? before <= limit : before < limit)) return i;
    before += head_weights[i]!;
  }
  return (question.inclusive ? before > limit : before >= limit) ? head.length : 0;
}

/** The cut after the first `kept` of the sorted head. */
function cutInHead(machine: Machine, kept: number): Cut {
  return cutAfterSelected(machine, kept - 1);
}

/** The way for every row. */
function byRadix(machine: Machine, sums: BlockSums, question: Question): Answer {
  const { row, temperature, share, inclusive } = question;
  sumWeights(machine, sums, row, temperature, ALL);
  const total = sums.total;
  const limit = share * total;
  const crossing = findCrossing(machine, row, limit, inclusive, true);
  const equal = countEqual(machine, row, crossing.value);
  const kept = neededOf(equal, crossing, limit, inclusive);
  const mass = (crossing.above + (crossing.equal / equal) * kept) / total;
  const cut = cutFrom(crossing.value, tieId(machine, row, crossing.value, kept));
  return { cut, mass: Math.min(mass, 1), summed: false };
}

/** The exact share of the row's mass that a cut keeps, for cuts that were found from bounds. */
export function massOf(machine: Machine, sums: BlockSums, row: Row, temperature: number, cut: Cut): number {
  sumWeights(machine, sums, row, temperature, cut);
  const kept = sums.total;
  sumWeights(machine, sums, row, temperature, ALL);
  return Math.min(kept / sums.total, 1);
}
