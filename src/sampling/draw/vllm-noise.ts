/**
 * The Gumbel noise of vLLM's model runner V2 (vllm/v1/worker/gpu/sample/gumbel.py at 0.33): murmur3 over the seed, the
 * position and the token id, 32 bits of it as float32, and −ln(−ln(1 − u)) by its series where u is below a quarter.
 *
 * The hash and u are exact. The logarithms of a GPU differ from these: a noise may differ in its last bits, and so may
 * the drawn token when two totals are that close.
 */
import { ln } from "../../kernels/float64.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import type { StepContext } from "../context.ts";
import type { Totals } from "./totals.ts";

const { fround, imul } = Math;

type Place = Pick<StepContext, "seed" | "step">;

/** The part that is the same for all tokens of a step: the hash of seed and position. */
function prefixOf({ seed, step }: Place): number {
  const key = BigInt.asUintN(64, BigInt(seed));
  const low = mixed(0, Number(key & 0xffffffffn) | 0);
  const whole = mixed(low, Number(key >> 32n) | 0);
  return mixed(whole, Number(BigInt.asUintN(32, BigInt(step))) | 0);
}

function mixed(hash: number, word: number): number {
  const a = imul(word, 0xcc9e2d51);
  const b = imul((a << 15) | (a >>> 17), 0x1b873593);
  const h = hash ^ b;
  return (imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** The 32 bits of a token. */
function hashOf(prefix: number, token_id: number): number {
  let h = mixed(prefix, token_id) ^ 16;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** u of (0, 1] in float32: both halves of the word convert exactly. */
function uniformOf(word: number): number {
  const high = fround((word >>> 16) * 1.52587890625e-5);
  const low = fround(fround((word & 0xffff) + 0.5) * 2.3283064365386963e-10);
  return fround(high + low);
}

/** 2⁻²⁴ */
const LEAST = 1 / 16777216;

const COEFFICIENTS = [1 / 7, 1 / 6, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 1].map(fround);

/** ln(1 − u): below a quarter by the series of degree 8. */
function lnOneLess(u: number): number {
  if (u >= 0.25) return fround(ln(Math.max(fround(1 - u), LEAST)));
  let q = 0.125;
  for (const coefficient of COEFFICIENTS) q = fround(coefficient + fround(u * q));
  return fround(-u * q);
}

function noiseOf(prefix: number, token_id: number): number {
  return fround(-ln(-lnOneLess(uniformOf(hashOf(prefix, token_id)))));
}

/** The token with the largest total in float32, of equals the lowest id. */
export function noisiestByVllm(listed: Compact, place: Place): number {
  const { token_ids, scores, count } = listed;
  const prefix = prefixOf(place);
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const total = fround(fround(scores[i]!) + noiseOf(prefix, token_ids[i]!));
    if (total < most || (total === most && token_ids[i]! > token_ids[best]!)) continue;
    most = total;
    best = i;
  }
  return token_ids[best]!;
}

/** All totals. */
export function vllmTotals({ token_ids, scores, count }: Compact, place: Place): Totals {
  const prefix = prefixOf(place);
  const totals = new Float64Array(count);
  for (let i = 0; i < count; i++) totals[i] = fround(fround(scores[i]!) + noiseOf(prefix, token_ids[i]!));
  return { token_ids, totals, count };
}

/** u and noise of a token, for comparisons. */
export function vllmNoise(
  place: Place,
  token_id: number,
): { readonly uniform: number; readonly noise: number } {
  const prefix = prefixOf(place);
  return { uniform: uniformOf(hashOf(prefix, token_id)), noise: noiseOf(prefix, token_id) };
}
