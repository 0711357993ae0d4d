/** The number of connections that a descriptor limit allows. */
import { expect, test } from "vitest";
import { connectionsFor, connectionsGranted, limitOf } from "../../src/config/descriptors.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             96504                96504                processes
Max open files            1024                 1048576              files
`;

test.each([
  [LIMITS, 1024],
  ["Max open files            unlimited            unlimited            files\n", Number.POSITIVE_INFINITY],
  ["", Number.POSITIVE_INFINITY],
])("the limit is the soft one", (text, descriptors) => {
  expect(limitOf(text)).toBe(descriptors);
});

test.each([
  [1, 1],
  [64, 32],
  [255, 127],
  [256, 128],
  [257, 129],
  [1024, 896],
  [8319, 8191],
  [8320, 8192],
  [8321, 8192],
  [Number.POSITIVE_INFINITY, 8192],
])("of %i descriptors %i are for connections", (descriptors, connections) => {
  expect(connectionsFor(descriptors)).toBe(connections);
});

test("this process may have some", () => {
  expect(connectionsGranted()).toBeGreaterThanOrEqual(1);
});
