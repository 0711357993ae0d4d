/** A token with its log-probability, as replies list them. */
import type { TokenText } from "../../vocabulary/text.ts";

export interface TokenLogprob extends Partial<TokenText> {
  readonly token_id: number;
  /** ln p; null stands for −Infinity, probability 0, which JSON cannot write */
  readonly logprob: number | null;
}

export function tokenLogprob(token_id: number, logprob: number): TokenLogprob {
  return { token_id, logprob: Number.isFinite(logprob) ? notAboveZero(logprob) : null };
}

/** The normaliser of a large row is accurate to 1e-6, so ln p is capped at 0. */
export function notAboveZero(logprob: number): number {
  return Math.min(0, logprob);
}
