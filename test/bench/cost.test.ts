/** All costs keep their order of magnitude. They are counts, so the load of the machine has no effect. */
import { expect, test } from "vitest";
import { countAccesses } from "../../bench/cost/accesses.ts";
import type { CostResults } from "../../bench/cost/results.ts";
import { readResults } from "../../evidence/results.ts";

/** The bound for a case without a recorded count: `npm run bench:cost -- --write` records it. */
const UNKNOWN_MAX = 30;

test("each stage, draw rule, mark, method, combination and form loads and stores no more than was recorded", async () => {
  const recorded = readResults<CostResults>("cost")?.accesses ?? {};
  const counted = Object.entries(await countAccesses());
  const allowed = (name: string) => 1.15 * (recorded[name] ?? UNKNOWN_MAX) + 0.5;
  expect(counted.filter(([name, spent]) => spent > allowed(name))).toEqual([]);
  // Shows that the counter works: each case reads the row, except stages that need only a few of its blocks.
  expect(counted.filter(([, spent]) => spent > 1).length).toBeGreaterThan(0.9 * counted.length);
  expect(counted.length).toBeGreaterThan(50);
});
