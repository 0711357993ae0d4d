/**
 * Parts of the rows of shards. The rows of all shards, in the order of the shards, are one sequence; part 2/4 is the
 * second quarter of it. So several processes share one large file as well as many small ones.
 */
import type { Option } from "../../command-line.ts";
import { messageOf } from "../../errors.ts";
import { openShard, STDIN } from "../../shards/open.ts";
import type { RowRange, ShardOptions } from "../../shards/shard.ts";

/** The part `number` of `of` parts; the first is 1. */
export interface Part {
  readonly number: number;
  readonly of: number;
}

const PARTS_MAX = 1_000_000;

export const PART_OPTION: Option<Part | undefined> = {
  placeholder: "I/N",
  about:
    "only the I-th of N equal parts of the rows, for sums: --part 2/4 --out FILE. Not for lines of JSON or standard input, which do not state their number of rows",
  standard: undefined,
  read(word) {
    const [, number, of] = /^(\d{1,7})\/(\d{1,7})$/.exec(word) ?? [];
    const part = { number: Number(number), of: Number(of) };
    if (part.number >= 1 && part.number <= part.of && part.of <= PARTS_MAX) return part;
    throw new Error(`must be I/N with 1 ≤ I ≤ N ≤ ${PARTS_MAX}, got ${word}`);
  },
};

/** The shards with rows in a part, and these rows. */
export interface PartOfShards {
  readonly shards: readonly string[];
  readonly ranges: readonly RowRange[];
}

/** Throws an Error when a shard does not state its number of rows. */
export async function rowsOfPart(
  shards: readonly string[],
  options: ShardOptions,
  part: Part,
): Promise<PartOfShards> {
  const counts: number[] = [];
  for (const shard of shards) {
    const rows = await countRows(shard, options);
    if (rows === undefined)
      throw new Error(`${shard}: does not state its number of rows, so --part cannot divide it`);
    counts.push(rows);
  }
  return divided(shards, counts, part);
}

/** Undefined when a format does not state it, and for standard input, which can be opened only once. */
export async function countRows(shard: string, options: ShardOptions): Promise<number | undefined> {
  if (shard === STDIN) return undefined;
  try {
    const opened = await openShard(shard, options);
    opened.close();
    return opened.rows;
  } catch (error) {
    throw namedError(shard, error);
  }
}

/** An Error whose message begins with the name of the shard. */
export function namedError(shard: string, error: unknown): Error {
  const words = messageOf(error);
  return new Error(words.startsWith(shard) ? words : `${shard}: ${words}`);
}

/** Parts differ by one row at most, and may be empty. */
export function divided(
  shards: readonly string[],
  counts: readonly number[],
  { number, of }: Part,
): PartOfShards {
  const total = counts.reduce((sum, count) => sum + count, 0);
  // The products are beyond 2⁵³ for many rows in many parts.
  const limit = (place: number) => Number((BigInt(total) * BigInt(place)) / BigInt(of));
  const [begin, end] = [limit(number - 1), limit(number)];
  const read: string[] = [];
  const ranges: RowRange[] = [];
  let before = 0;
  for (const [i, shard] of shards.entries()) {
    const count = counts[i] ?? 0;
    const from = Math.max(0, begin - before);
    const to = Math.min(count, end - before);
    before += count;
    if (from >= to) continue;
    read.push(shard);
    ranges.push({ from, to, of: count });
  }
  return { shards: read, ranges };
}
