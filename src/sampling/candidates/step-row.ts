/**
 * The first steep step down in a whole row in kernel memory. The best tokens are checked first. The others are counted
 * in bins narrower than a step, so that a step leaves a run of empty bins; only such runs are checked.
 */
import { cutFrom, LAST_BIN, type RowBins } from "../../kernels/kernel.ts";
import type { Dense } from "./dense.ts";
import type { Prefix } from "./prefix.ts";

const BEST = 256;
/** Bins to a step. */
const BINS_TO_A_STEP = 16;
/** Maximum passes over the row for each kind of search; after them the row is ranked as a list. */
const ROUNDS_MAX = 8;
const LOOKS_MAX = 16;

/**
 * The number of tokens before the first whose score is more than `step` (at most 0) below the one before; all tokens
 * when there is no such step. Undefined when it must be computed from a list, as for a row that is already cut.
 */
export function prefixToStep(dense: Dense, step: number): Prefix | undefined {
  if (dense.isCut) return undefined;
  const { kernel, temperature } = dense;
  const row = dense.settle();
  const isStep = (x: number, next: number) => !(next / temperature - x / temperature >= step);
  const best = kernel.topK(row, BEST);
  const { selected_ids, selected_logits } = kernel;
  for (let i = 1; i < best; i++)
    if (isStep(selected_logits[i - 1]!, selected_logits[i]!))
      return { cut: cutFrom(selected_logits[i - 1]!, selected_ids[i - 1]!), count: i };
  if (best === dense.count()) return { cut: dense.cut, count: best };
  const found = stepBehind(dense, selected_logits[best - 1]!, -step * temperature, isStep);
  if (found === undefined) return undefined;
  if (found === Number.NEGATIVE_INFINITY) return { cut: dense.cut, count: dense.count() };
  const cut = cutFrom(found, -1);
  return { cut, count: kernel.count(row, cut) };
}

/** The largest value after the first step below `top`; −Infinity when there is none. */
function stepBehind(
  dense: Dense,
  top: number,
  height: number,
  isStep: (x: number, next: number) => boolean,
): number | undefined {
  const { kernel } = dense;
  const { bins } = kernel;
  const row = dense.settle();
  const width = height / BINS_TO_A_STEP;
  let looks = 0;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (!bins.count(row, top, width)) return undefined;
    let before = 0;
    let bin = nextBin(bins, 0);
    for (; bin < LAST_BIN; bin = nextBin(bins, bin)) {
      // The bins between are empty; rounding of float32 moves an edge by less than a bin.
      if (bin - before >= BINS_TO_A_STEP - 2) {
        if (looks++ === LOOKS_MAX) return undefined;
        const next = bins.largestFrom(bin);
        if (isStep(kernel.smallest(row, cutFrom(next, -1)), next)) return next;
      }
      before = bin;
    }
    const next = bins.largestFrom(LAST_BIN);
    if (next === Number.NEGATIVE_INFINITY) return next;
    if (isStep(kernel.smallest(row, cutFrom(next, -1)), next)) return next;
    if (next >= top) return undefined;
    top = next;
  }
  return undefined;
}

/** The next bin that contains a token; the last bin if there is none. */
function nextBin({ counts }: RowBins, bin: number): number {
  let next = bin + 1;
  while (next < LAST_BIN && counts[next] === 0) next++;
  return next;
}
