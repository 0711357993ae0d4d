import fc from "fast-check";
import { logSoftmax, type ReferenceCombination, sum } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: (sources, { guidance_scale, convention }) => {
    const s = (guidance_scale as number) + (convention === "from_zero" ? 1 : 0); // as its schema says
    if (s === 1) return sum(sources.slice(0, 1), [1]);
    return sum(convention === "log_softmax" || convention === undefined ? sources.map(logSoftmax) : sources, [
      s,
      1 - s,
    ]);
  },
  options: fc.record({
    guidance_scale: fc.double({ min: -3, max: 5, noNaN: true }),
    convention: fc.constantFrom("log_softmax", "raw", "from_zero"),
  }),
  sources: fc.constant(2),
};
