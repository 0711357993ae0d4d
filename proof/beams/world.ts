/** Worlds so small that every text of them can be listed with its probability. */
import { rowOf, type World } from "../../evidence/beam-search.ts";

export interface Text {
  readonly token_ids: readonly number[];
  readonly p: number;
}

/** A chain of top-k and a temperature. */
export interface Warped {
  readonly temperature: number;
  readonly top_k: number;
}

/** Every text of at most `max_tokens` tokens, or up to the end token, with its probability under the chain. */
export function textsOf(world: World, end: number, max_tokens: number, warped?: Warped): Text[] {
  const { temperature = 1, top_k = world.vocab_size } = warped ?? {};
  const grown = (token_ids: readonly number[], p: number): Text[] => {
    if (token_ids.length === max_tokens || token_ids.at(-1) === end) return [{ token_ids, p }];
    const row = rowOf(world, [...world.prompt, ...token_ids]);
    const least = row.toSorted((a, b) => b - a)[top_k - 1] ?? 0;
    const weights = Array.from(row, (logit) => (logit >= least ? Math.exp(logit / temperature) : 0));
    const sum = weights.reduce((a, b) => a + b);
    return weights.flatMap((weight, id) => (weight > 0 ? grown([...token_ids, id], (p * weight) / sum) : []));
  };
  return grown([], 1);
}

export const SMALL: World = { seed: 11, vocab_size: 4, prompt: [1], spread: 1.5 };
