/** Digests of a run's inputs. A repeated run may be skipped only when all inputs are unchanged. */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { STDIN, targetsOf } from "../../shards/open.ts";

/** Files up to this size are read whole. */
const WHOLE_BYTES = 2 ** 24;
/** The parts of a larger file that are read: both ends, and this many places between them. */
const ENDS_BYTES = 2 ** 20;
const PLACES = 64;
const PLACE_BYTES = 2 ** 12;

/** SHA-256 over the size and the bytes of a file; for a large file, over both ends and places spread between them. */
export function digestOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const hash = createHash("sha256").update(`${size}\n`);
    const add = (position: number, length: number) => {
      const bytes = new Uint8Array(length);
      let read = 0;
      for (let more = 1; read < length && more > 0; read += more)
        more = readSync(file, bytes, read, length - read, position + read);
      hash.update(bytes.subarray(0, read));
    };
    if (size <= WHOLE_BYTES) add(0, size);
    else {
      add(0, ENDS_BYTES);
      for (let p = 1; p <= PLACES; p++) add(Math.floor((size / (PLACES + 1)) * p), PLACE_BYTES);
      add(size - ENDS_BYTES, ENDS_BYTES);
    }
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}

/**
 * The digest of a shard, followed by that of its file of targets; null for standard input, which can be read only once.
 */
export function inputOf(shard: string, targets: string | undefined): string | null {
  if (shard === STDIN) return null;
  const beside = targetsOf(shard, targets);
  return beside === undefined ? digestOf(shard) : `${digestOf(shard)}+${digestOf(beside)}`;
}
