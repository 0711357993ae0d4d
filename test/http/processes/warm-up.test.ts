/** The warm-up steps of a worker do not change later steps. */
import { expect, test } from "vitest";
import { warmUp } from "../../../src/http/processes/warm-up.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { createSampler, type Sampler } from "../../../src/sampling/sampler.ts";

function drawn(sampler: Sampler) {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the row was not given back");
  row.load([1, 3, 2]);
  row.finish();
  return sampler.sample(row, parseStepOptions({ seed: 5, logprobs: true }));
}

test.each([3, 5, 9000])("a sampler of %i elements is as it was after its warm-up", (vocab_size_max) => {
  const limits = { vocab_size_max, rows_max: 1 };
  const warm = createSampler(limits);
  warmUp(warm);
  expect(drawn(warm)).toEqual(drawn(createSampler(limits)));
});
