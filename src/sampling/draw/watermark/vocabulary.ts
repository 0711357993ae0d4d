/** Schemes that shuffle the vocabulary must know how many tokens it has. */
import { Problem } from "../../../errors.ts";

/** The size, where it is needed; what stands in for it elsewhere is not read. */
export function requireVocabSize(needed: boolean, vocab_size: number | undefined, pointer: string): number {
  if (vocab_size !== undefined && vocab_size !== Number.POSITIVE_INFINITY) return vocab_size;
  if (!needed) return 1;
  throw new Problem(
    "option_conflict",
    "seeding lefthash and selfhash need vocab_size: they shuffle the vocabulary, got nothing",
    pointer,
  );
}
