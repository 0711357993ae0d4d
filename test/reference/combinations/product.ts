import fc from "fast-check";
import { logSoftmax, type ReferenceCombination, sum, weightsOf } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: (sources, options) => sum(sources.map(logSoftmax), weightsOf(options, sources.length)),
  options: fc.constant({}),
  sources: fc.integer({ min: 2, max: 8 }),
};
