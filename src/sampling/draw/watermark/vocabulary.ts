/** Schemes that shuffle the vocabulary need its size. */
import { Problem } from "../../../errors.ts";

/** The size, for schemes that need it; for others a placeholder that is not read. */
export function requireVocabSize(needed: boolean, vocab_size: number | undefined, pointer: string): number {
  if (vocab_size !== undefined && vocab_size !== Number.POSITIVE_INFINITY) return vocab_size;
  if (!needed) return 1;
  throw new Problem(
    "option_conflict",
    "seeding lefthash and selfhash need vocab_size: they shuffle the vocabulary, got nothing",
    pointer,
  );
}
