/** Checks that engines which are combined use the same token ids. */
import { type Engine, EngineError } from "../../engines/index.ts";

/** Compares sizes of vocabularies, and the ids of one text. Throws an EngineError when they differ. */
export async function requireOneNumbering(
  engines: readonly Engine[],
  sample: string,
  signal: AbortSignal,
): Promise<void> {
  const [first, ...others] = engines;
  if (first === undefined || others.length === 0) return;
  const ids = await first.tokenize(sample, { signal });
  for (const other of others) {
    const [size, own] = [first.facts.vocab_size, other.facts.vocab_size];
    if (size !== undefined && own !== undefined && size !== own)
      throw new EngineError(
        `engines that are combined need one vocabulary: ${first.url} has ${size} tokens, ${other.url} ${own}`,
      );
    const theirs = await other.tokenize(sample, { signal });
    if (ids.length !== theirs.length || ids.some((id, place) => id !== theirs[place]))
      throw new EngineError(
        `engines that are combined need one vocabulary: ${other.url} numbers the tokens of the prompt otherwise than ${first.url}`,
      );
  }
}
