import { expect, test } from "vitest";
import { STEP_BOUNDS } from "../../bench/counters/allowed.ts";
import { allocatedBytes } from "../../bench/counters/step-counts.ts";
import { CHAINS } from "../../bench/rivals/chains.ts";
import { createSampler } from "../../src/index.ts";
import { flatRow, peakedRow } from "../kernels/rows.ts";

const V = 32_000;
const sampler = createSampler({ vocab_size_max: V, rows_max: 1 });
const ROWS = { peaked: peakedRow(V, 1), flat: flatRow(V, 1) };

test.each(CHAINS)("a step of $name leaves few bytes to the collector", ({ id, rules }) => {
  for (const kind of ["peaked", "flat"] as const)
    expect(allocatedBytes(sampler, ROWS[kind], rules(V)), kind).toBeLessThanOrEqual(
      STEP_BOUNDS[id]![kind].bytes,
    );
});
