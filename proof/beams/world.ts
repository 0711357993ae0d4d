/** Worlds so small that every text of them can be listed with its probability. */
import { rowOf, type World } from "../../evidence/beam-search.ts";

export interface Text {
  readonly token_ids: readonly number[];
  readonly p: number;
}

/** Every text of at most `max_tokens` tokens, or up to the end token. */
export function textsOf(world: World, end: number, max_tokens: number): Text[] {
  const grown = (token_ids: readonly number[], p: number): Text[] => {
    if (token_ids.length === max_tokens || token_ids.at(-1) === end) return [{ token_ids, p }];
    const row = rowOf(world, [...world.prompt, ...token_ids]);
    const weights = Array.from(row, (logit) => Math.exp(logit));
    const sum = weights.reduce((a, b) => a + b);
    return weights.flatMap((weight, id) => grown([...token_ids, id], (p * weight) / sum));
  };
  return grown([], 1);
}

export const SMALL: World = { seed: 11, vocab_size: 4, prompt: [1], spread: 1.5 };
