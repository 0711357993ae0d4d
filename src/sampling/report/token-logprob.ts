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

/** A large row's normaliser is right to 1e-6; a token that holds all the mass must not seem to hold more. */
export function notAboveZero(logprob: number): number {
  return Math.min(0, logprob);
}
