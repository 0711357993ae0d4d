/** The position of each kept token on the line from 0 to 1 on which u is looked up. */
import type { Sampled } from "../api/wire.ts";

export interface Segment {
  readonly token_id: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The listed tokens in id order. The mass of unlisted tokens is spread over the ids before and after the drawn token,
 * so that the drawn token is exactly where the service reports it. When all tokens are listed, every position is exact.
 */
export function segmentsOf({ top_logprobs = [], token_id, inverse_cdf }: Sampled): Segment[] {
  const listed = top_logprobs
    .map((token) => ({ id: token.token_id, p: Math.exp(token.logprob ?? Number.NEGATIVE_INFINITY) }))
    .filter(({ p }) => p > 0)
    .sort((a, b) => a.id - b.id);
  const from = inverse_cdf?.from ?? 0;
  const to = inverse_cdf?.to ?? 1;
  const before = laid(
    listed.filter(({ id }) => id < token_id),
    0,
    from,
    0,
    token_id,
  );
  const after = laid(
    listed.filter(({ id }) => id > token_id),
    to,
    1,
    token_id,
    Math.max(token_id, listed.at(-1)?.id ?? 0) + 1,
  );
  return [...before, { token_id, from, to }, ...after];
}

interface Weighed {
  readonly id: number;
  readonly p: number;
}

/** Places tokens of first ≤ id < end into [from, to]; the missing mass is spread evenly over the ids between. */
function laid(tokens: readonly Weighed[], from: number, to: number, first: number, end: number): Segment[] {
  const listed = tokens.reduce((sum, { p }) => sum + p, 0);
  const missing = Math.max(0, to - from - listed);
  let below = from;
  return tokens.map(({ id, p }) => {
    const gap = (missing * (id - first)) / Math.max(1, end - first);
    const segment = { token_id: id, from: below + gap, to: Math.min(to, below + gap + p) };
    below += p;
    return segment;
  });
}
