import fc from "fast-check";
import { onlyPlausible, type ReferenceCombination, sum } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: (sources, options) => {
    const { alpha = 0.1, beta = 0.5 } = options as { alpha?: number; beta?: number }; // as its schema says
    return onlyPlausible(sum(sources, [1 + beta, -beta]), sources[0] ?? [], alpha);
  },
  options: fc.record({
    alpha: fc.double({ min: 0.001, max: 1, noNaN: true }),
    beta: fc.double({ min: 0, max: 2, noNaN: true }),
  }),
  sources: fc.constant(2),
};
