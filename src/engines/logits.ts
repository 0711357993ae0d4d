/** An engine's row as the sampler takes it: all logits when the row is whole, else its tokens with their bounds. */
import type { NextRow } from "./engine.ts";

/** The tokens that an engine reported. All others have a probability within the bounds. */
export interface PartOfRow {
  readonly token_ids: Int32Array;
  readonly values: Float32Array;
  readonly vocab_size?: number;
  readonly logsumexp: number;
  readonly max_omitted: number;
}

export function logitsOf(row: NextRow): Float32Array | PartOfRow {
  if (!row.is_whole) return partOf(row, row.logsumexp);
  const values = new Float32Array(row.vocab_size ?? 0).fill(Number.NEGATIVE_INFINITY);
  for (const [place, id] of row.token_ids.entries()) values[id] = row.values[place] as number; // as many
  return values;
}

/** The same tokens with another normaliser. */
export function partOf(row: NextRow, logsumexp: number): PartOfRow {
  const { token_ids, values, vocab_size, max_omitted } = row;
  return { token_ids, values, max_omitted, logsumexp, ...(vocab_size !== undefined && { vocab_size }) };
}
