import fc from "fast-check";
import { type ReferenceCombination, sum } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: (sources, options) => {
    const { a = 1 } = options as { a?: number }; // as its schema says
    return a === 0 ? sum(sources.slice(0, 1), [1]) : sum(sources, [1, a, -a]);
  },
  options: fc.record({ a: fc.double({ min: -2, max: 2, noNaN: true }) }),
  sources: fc.constant(3),
};
