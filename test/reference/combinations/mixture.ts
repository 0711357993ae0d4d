import fc from "fast-check";
import { logSoftmax, logSumExp, type ReferenceCombination, weightsOf } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: (sources, options) => {
    const weights = weightsOf(options, sources.length);
    const logs = sources.map(logSoftmax);
    const scores = (sources[0] ?? []).map((_, id) =>
      logSumExp(logs.map((row, i) => Math.log(weights[i] ?? 0) + (row[id] ?? 0))),
    );
    return { scores, sizes: scores.map(Math.abs) };
  },
  options: fc.constant({}),
  sources: fc.integer({ min: 2, max: 8 }),
};
