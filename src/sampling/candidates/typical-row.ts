/**
 * Locally typical sampling on a whole row in kernel memory. In a peaked row all that can be kept is near enough to
 * the best tokens to be listed and weighed in float64; in a flat one the kernel finds the window.
 */
import { type Cut, cutFrom, EVERY_TIE, EVERYTHING } from "../../kernels/kernel.ts";
import type { Compact } from "./compact/compact.ts";
import { fillFromSelection } from "./compact/compaction.ts";
import type { Dense } from "./dense.ts";
import { float32NotBelow, type MassRule, SLACK } from "./thresholds.ts";
import { keepNearest } from "./typical.ts";

/** A row is taken for peaked when the kernel can list all tokens within so many nats of the best one. */
const PEAK_NATS = 12;

/** Keeps the mass p nearest in surprise to the entropy; tells in which form the candidates are then. A row that is cut cannot be. */
export function keepTypicalOfRow(
  dense: Dense,
  compact: Compact,
  p: number,
  rule: MassRule,
): "dense" | "compact" | undefined {
  if (dense.isCut) return undefined;
  if (keepListed(dense, compact, p, rule)) return "compact";
  return keepWindow(dense, compact, p, rule);
}

/**
 * By Chebyshev's inequality less than 1 − p of the mass is farther from the entropy than √(varentropy/(1 − p)), so
 * that the tokens down to there suffice. False when there are too many of them.
 */
function keepListed(dense: Dense, compact: Compact, p: number, rule: MassRule): boolean {
  const { kernel, temperature } = dense;
  const row = dense.settle();
  if (kernel.gather(row, cutFrom(row.max - PEAK_NATS * temperature, EVERY_TIE)) < 0) return false;
  const moments = kernel.distribution(row, temperature, EVERYTHING);
  const reach = Math.sqrt(moments.varentropy / (1 - p));
  const floor = float32NotBelow((moments.logsumexp - moments.entropy - reach) * temperature);
  const count = kernel.gather(row, cutFrom(floor, EVERY_TIE));
  if (count < 0) return false;
  kernel.topK(row, count);
  fillFromSelection(compact.reset(count), kernel, count, "score", temperature);
  return keepNearest(compact, moments, reach, p, rule);
}

function keepWindow(
  dense: Dense,
  compact: Compact,
  p: number,
  rule: MassRule,
): "dense" | "compact" | undefined {
  const { kernel, temperature } = dense;
  const row = dense.settle();
  let selected = kernel.typicalCut(row, temperature, rule.inclusive ? p + 2 * SLACK : p);
  let { cut } = kernel;
  if (rule.ties === "keep") {
    cut = withTies(cut);
    selected = kernel.gather(row, cut);
  }
  const kept = selected < 0 ? kernel.count(row, cut) : selected;
  if (kept < rule.min_keep) return undefined;
  if (selected >= 0) {
    fillFromSelection(compact.reset(kept), kernel, kept, rule.ties === "keep" ? "id" : "score", temperature);
    return "compact";
  }
  dense.cutTo(cut, kept);
  return "dense";
}

/** With all tokens equal to its edges. An edge of which no token was kept lies outside of the window: its ties are no ties of a kept one. */
function withTies({ floor, tie_id, ceiling, ceiling_tie_id }: Cut): Cut {
  return {
    floor,
    tie_id: tie_id >= 0 ? EVERY_TIE : tie_id,
    ceiling,
    ceiling_tie_id: ceiling_tie_id >= 0 ? EVERY_TIE : ceiling_tie_id,
  };
}
