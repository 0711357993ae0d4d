/** CPU quotas of control groups, as the kernel writes them. */
import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { coresGranted, quotaOf } from "../../src/config/cores.ts";

test.each([
  ["max 100000\n", Number.POSITIVE_INFINITY],
  ["150000 100000\n", 1.5],
  ["50000 100000", 0.5],
  ["400000 100000", 4],
  ["-1 100000", Number.POSITIVE_INFINITY],
  [" ", Number.POSITIVE_INFINITY],
  ["", Number.POSITIVE_INFINITY],
  ["100000 0", Number.POSITIVE_INFINITY],
])("%j grants %s cores", (text, cores) => {
  expect(quotaOf(text)).toBe(cores);
});

test("at least one core is granted, and no more than there are", () => {
  const cores = coresGranted();
  expect(Number.isInteger(cores)).toBe(true);
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(cores).toBeLessThanOrEqual(availableParallelism());
});
