/** Reading a pipe that has no data yet: a fake readSync reports EAGAIN. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Bytes, Starved, system } from "../../src/shards/bytes.ts";
import { openNdjson } from "../../src/shards/ndjson.ts";
import { openNpy } from "../../src/shards/npy.ts";
import { npy } from "./files.ts";

/** The results of the pipe's reads, call by call: bytes, or null when it has no data yet. At the end it is closed. */
let given: (Uint8Array | null)[] = [];

beforeEach(() => {
  vi.spyOn(system, "readSync").mockImplementation(((
    _file: number,
    to: Uint8Array,
    at: number,
    length: number,
  ) => {
    const bytes = given.shift();
    if (bytes === null) throw Object.assign(new Error("EAGAIN"), { code: "EAGAIN" });
    if (bytes === undefined) return 0;
    const taken = bytes.subarray(0, length);
    to.set(taken, at);
    if (taken.length < bytes.length) given.unshift(bytes.subarray(taken.length));
    return taken.length;
  }) as typeof system.readSync);
});
afterEach(() => void vi.restoreAllMocks());

/** Every byte separately, with an empty read before each. */
function dripping(bytes: Uint8Array): (Uint8Array | null)[] {
  return Array.from(bytes, (_, i) => [null, bytes.subarray(i, i + 1)]).flat();
}

/** Reads until the pipe has enough bytes, and returns how often it did not. */
function patiently<Result>(attempt: () => Result): { readonly result: Result; readonly starved: number } {
  for (let starved = 0; starved < 10_000; starved++) {
    try {
      return { result: attempt(), starved };
    } catch (error) {
      if (!(error instanceof Starved)) throw error;
    }
  }
  throw new Error("the pipe never has enough");
}

const OPTIONS = { vocab_size: undefined, targets: undefined };

test("nothing is lost of a pipe that drips: the same call is made again", () => {
  given = dripping(Uint8Array.of(1, 2, 3, 10, 5));
  const bytes = new Bytes(0, null);
  const { result, starved } = patiently(() => Array.from(bytes.take(2)));
  expect([result, starved]).toEqual([[1, 2], 2]);
  expect(patiently(() => Array.from(bytes.takeThrough(10, 99) ?? [])).result).toEqual([3, 10]);
  expect(patiently(() => Array.from(bytes.take(9))).result).toEqual([5]);
});

test("bytes that are skipped are dropped as they come", () => {
  given = dripping(Uint8Array.from({ length: 40 }, (_, i) => i));
  const bytes = new Bytes(0, null);
  bytes.skip(30);
  bytes.skip(3);
  expect(patiently(() => Array.from(bytes.take(2))).result).toEqual([33, 34]);
  bytes.skip(100);
  expect(patiently(() => bytes.take(1).length).result).toBe(0);
});

test("npy and lines of JSON are read from one, header and all", () => {
  given = dripping(npy("<f4", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)));
  const bytes = new Bytes(0, null);
  const shard = patiently(() => openNpy(bytes, OPTIONS, undefined, () => {})).result;
  const rows = [0, 1].map(() => patiently(() => Array.from(shard.next()?.values ?? [])).result);
  expect(rows).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(patiently(() => shard.next()).result).toBeUndefined();

  given = dripping(Buffer.from('{"logits": [1]}\n{"logits": [2]}\n{"logits": [3]}'));
  const lines = openNdjson(new Bytes(0, null), OPTIONS, () => {});
  lines.skip(1);
  const read = [0, 1].map(() => patiently(() => lines.next()?.values[0]).result);
  expect(read).toEqual([2, 3]);
  expect(patiently(() => lines.next()).result).toBeUndefined();
});

test("a piece that no row has is refused, and memory is taken only for what comes", () => {
  given = [new Uint8Array(10)];
  const bytes = new Bytes(0, null);
  expect(() => bytes.peek(2 ** 29 + 1)).toThrow("has a piece of 536870913 bytes");
  expect(bytes.peek(2 ** 29).buffer.byteLength).toBe(2 ** 20);
});
