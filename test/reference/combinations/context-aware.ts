import fc from "fast-check";
import { divergence, type ReferenceCombination, sum } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: (sources, options) => {
    const [first = [], second = []] = sources;
    const { alpha = 0.5 } = options as { alpha?: number | "adaptive" }; // as its schema says
    if (alpha === 0) return sum([first], [1]);
    const a = alpha === "adaptive" ? divergence(first, second) : alpha;
    return sum(sources, [1 + a, -a]);
  },
  options: fc.record({
    alpha: fc.oneof(fc.double({ min: -1, max: 2, noNaN: true }), fc.constant("adaptive")),
  }),
  sources: fc.constant(2),
};
