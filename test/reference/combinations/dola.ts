import fc from "fast-check";
import { divergence, logSoftmax, onlyPlausible, type ReferenceCombination, sum } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: ([first = [], ...early], options) => {
    const { relative_top = 0.1 } = options as { relative_top?: number }; // as its schema says
    const distances = early.map((row) => divergence(first, row));
    const chosen = early[distances.indexOf(Math.max(...distances))] ?? [];
    return onlyPlausible(sum([first, chosen].map(logSoftmax), [1, -1]), first, relative_top);
  },
  options: fc.record({ relative_top: fc.double({ min: 0.001, max: 1, noNaN: true }) }),
  sources: fc.integer({ min: 2, max: 5 }),
};
