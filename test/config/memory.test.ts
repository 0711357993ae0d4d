/** The limit of memory that clients may make a worker hold, by the memory available. */
import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { heldBytesOf, memoryGranted } from "../../src/config/memory.ts";

const MIB = 1024 * 1024;

test.each([
  [1024, 2, 1, 128],
  [384, 1, 0, 128],
  [383, 1, 0, 127],
  [385, 1, 0, 128],
  [288, 1, 0, 32],
  [289, 1, 0, 33],
  [100, 4, 1, 32],
  [65_536, 8, 1, 128],
])("%i MiB for %i workers and %i spares leave %i MiB each", (granted, workers, spare_workers, held) => {
  expect(heldBytesOf(granted * MIB, { workers, spare_workers })).toBe(held * MIB);
});

test("no more is granted than there is", () => {
  expect(memoryGranted()).toBeGreaterThan(0);
  expect(memoryGranted()).toBeLessThanOrEqual(totalmem());
});
