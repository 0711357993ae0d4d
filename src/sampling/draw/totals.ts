/** Totals of score + noise; the token with the largest total is drawn. */
import type { Held } from "./draw-rule.ts";

/** Tokens with their totals of score + noise. */
export interface Totals {
  readonly token_ids: Int32Array;
  readonly totals: Float64Array;
  readonly count: number;
}

/** The n indices of the largest totals; of equals the lowest id first. */
export function ranked({ token_ids, totals, count }: Totals, n: number): number[] {
  const places = Array.from({ length: count }, (_, i) => i);
  places.sort((a, b) => totals[b]! - totals[a]! || token_ids[a]! - token_ids[b]!);
  return places.slice(0, n);
}

/** The margin of a token: its total minus the largest other total. */
export function heldBy({ token_ids, totals, count }: Totals, claimed: number): Held {
  let best = 0;
  let others = Number.NEGATIVE_INFINITY;
  let own = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const total = totals[i]!;
    if (total > totals[best]! || (total === totals[best]! && token_ids[i]! < token_ids[best]!)) best = i;
    if (token_ids[i] === claimed) own = total;
    else if (total > others) others = total;
  }
  return { token_id: token_ids[best]!, margin: own === Number.NEGATIVE_INFINITY ? own : own - others };
}
