import { afterAll, describe, expect, test } from "vitest";
import { STEP_BOUNDS } from "../../bench/counters/allowed.ts";
import { countWasm } from "../../bench/counters/counting-wasm.ts";
import { countStep } from "../../bench/counters/step-counts.ts";
import { CHAINS } from "../../bench/rivals/chains.ts";
import { createSampler, parseStepOptions } from "../../src/index.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { parseBeam, parseBeamRow } from "../../src/sampling/beam/options.ts";
import { BeamWalk } from "../../src/sampling/beam/search.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { flatRow, peakedRow } from "../kernels/rows.ts";

const V = 32_000;
const LARGE = 8 * V;
const ROWS = { peaked: peakedRow, flat: flatRow };
const CASES = CHAINS.flatMap(({ id, rules }) =>
  (["peaked", "flat"] as const).map((kind) => ({ id, kind, rules, bounds: STEP_BOUNDS[id]![kind] })),
);

const wasm = await countWasm();
const sampler = wasm.counted(() => createSampler({ vocab_size_max: LARGE, rows_max: 1 }));
afterAll(() => wasm.uninstall());

describe.each(CASES)("$id over a $kind row", ({ kind, rules, bounds }) => {
  const small = countStep(sampler, wasm.counts, ROWS[kind](V, 1), rules(V));

  test("stays within its calls and accesses", () => {
    expect(small.calls).toBeLessThanOrEqual(bounds.calls);
    expect(small.accesses / (V / 4)).toBeLessThanOrEqual(bounds.accesses);
    // The row was read, so the counters work.
    expect(small.accesses / (V / 4)).toBeGreaterThan(1);
  });

  test("costs no more for each logit of a row of eight times as many", () => {
    const large = countStep(sampler, wasm.counts, ROWS[kind](LARGE, 1), rules(LARGE));
    expect(large.accesses).toBeLessThan(8.5 * small.accesses);
    expect(large.calls).toBeLessThan(2 * small.calls);
  });
});

test("the same step counts the same", () => {
  const count = () => countStep(sampler, wasm.counts, peakedRow(V, 3), { temperature: 0.8, top_p: 0.95 });
  expect(count()).toEqual(count());
});

test("a sampler that counts draws what one draws that does not", () => {
  const plain = createSampler({ vocab_size_max: V, rows_max: 1 });
  const sampled = [sampler, plain].map((each) => {
    const row = each.leaseRow()!;
    row.load(flatRow(V, 5));
    row.finish();
    const answer = each.sample(
      row,
      parseStepOptions({ temperature: 0.8, top_p: 0.9, seed: 5, logprobs: true }),
    );
    each.returnRow(row);
    return answer;
  });
  expect(sampled[0]).toEqual(sampled[1]);
});

/** The counts of a beam-search step with one row. */
function countBeam(options: Readonly<Record<string, unknown>>): number {
  const first = parseBeam({ rule: "vllm", num_beams: 8, end_token_ids: [2], max_tokens: 4 }, undefined, 1);
  const parsed = parseBeamRow(first, options, DEFAULT_OPTION_LIMITS);
  const step = () => {
    const row = sampler.leaseRow()!;
    row.load(flatRow(V, 1));
    row.finish();
    const walk = new BeamWalk(first);
    allAtOnce(walk.row(sampler, row, parsed));
    sampler.returnRow(row);
    expect(walk.end().beams).toHaveLength(8);
  };
  step();
  const before = wasm.counts.accesses;
  step();
  return (wasm.counts.accesses - before) / (V / 4);
}

/**
 * Accesses for each four tokens of a beam's row: 8.7 for an unchanged row, and 7.4 more for the pass of a temperature.
 * A pass that counts the kept tokens would make that 8.4.
 */
test("a temperature costs a beam one pass more, and its kept tokens are not counted", () => {
  const unchanged = countBeam({});
  const changed = countBeam({ temperature: 0.8 });
  expect(unchanged).toBeGreaterThan(1);
  expect(changed - unchanged).toBeLessThan(7.9);
});
