/**
 * A row with only its best classes and the total mass of all others, as logs of large vocabularies have it. The others
 * are assumed to be equally likely. Functions whose results do not depend on this assumption say so.
 *
 * All results follow from the moments of a row. Equal classes add to each sum what one class adds, times their number.
 * A row of 50 classes and a tail of 128,000 therefore costs as much as 50 classes.
 */
import { Problem } from "../errors.ts";
import { exp, ln } from "../kernels/float64.ts";
import { BITS_PER_NAT, exp2Negative } from "./exp.ts";
import type { Moments } from "./moments.ts";

export interface Tail {
  /** the class of each kept logit */
  readonly ids: ArrayLike<number>;
  /** number of omitted classes; above 0 */
  readonly count: number;
  /** the logit of each omitted class */
  readonly logit: number;
}

/**
 * The tail of kept log-probabilities: 1 minus their total, shared by the other classes. Rounding may make this
 * negative; the others are then impossible.
 */
export function tailOf(
  ids: ArrayLike<number>,
  logprobs: ArrayLike<number>,
  classes: number,
): Tail | undefined {
  let kept = 0;
  for (let i = 0; i < logprobs.length; i++) kept += exp(logprobs[i]!);
  return tailOfMass(ids, Math.max(0, 1 - kept), classes);
}

/** Like the above, from the omitted mass, which may be much smaller than 1 − Σ p can represent. */
export function tailOfMass(ids: ArrayLike<number>, mass: number, classes: number): Tail | undefined {
  const count = classes - ids.length;
  if (count < 0) {
    const detail = `a row must keep at most as many classes as there are, ${classes}, got ${ids.length}`;
    throw new Problem("length_mismatch", detail, "/logits");
  }
  if (!(mass >= 0 && mass <= 1))
    throw new Problem("invalid_logits", `the mass of a tail must lie in [0, 1], got ${mass}`, "/logits");
  if (count === 0) return undefined;
  return { ids, count, logit: mass === 0 ? Number.NEGATIVE_INFINITY : ln(mass / count) };
}

/** The moments of the whole row, from those of its kept classes. */
export function withTail(m: Moments, { count, logit }: Tail): Moments {
  const length = m.length + count;
  if (logit === Number.NEGATIVE_INFINITY) return { ...m, length };
  if (logit > m.max) {
    const detail = `the kept classes must be the likeliest, but each of the ${count} others would have the logit ${logit}, above ${m.max}`;
    throw new Problem("invalid_logits", detail, "/logits");
  }
  const y = (logit - m.max) * (m.inverse_temperature * BITS_PER_NAT);
  const w = exp2Negative(y);
  return {
    ...m,
    length,
    second: Math.max(m.second, logit),
    rest: m.rest + count * w,
    first: m.first + (w === 0 ? 0 : count * w * y),
    square: m.square + (w === 0 ? 0 : count * w * y * y),
  };
}

/** The index of a class among the kept ones; −1 when it was omitted. */
export function keptPlace({ ids }: Tail, target: number): number {
  for (let i = 0; i < ids.length; i++) if (ids[i] === target) return i;
  return -1;
}
