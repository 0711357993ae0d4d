/**
 * Locally typical sampling on a whole row in kernel memory. In a peaked row, all tokens that can be kept are near
 * the best ones, so they are listed and weighed in float64. In a flat row the kernel finds the window.
 */
import { type Cut, cutFrom, EVERY_TIE, EVERYTHING } from "../../kernels/kernel.ts";
import type { Compact } from "./compact/compact.ts";
import { fillFromSelection } from "./compact/compaction.ts";
import type { Dense } from "./dense.ts";
import { float32NotBelow, type MassRule, SLACK } from "./thresholds.ts";
import { keepNearest } from "./typical.ts";

/** A row counts as peaked when the kernel can list all tokens within this many nats of the best one. */
const PEAK_NATS = 12;

/**
 * Keeps the mass p nearest in surprise to the entropy. Returns the form of the candidates afterwards. The row must not be cut.
 */
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
 * By Chebyshev's inequality, less than 1 − p of the mass is farther from the entropy than √(varentropy/(1 − p)).
 * So the tokens down to that distance suffice. Returns false when there are too many of them.
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

/**
 * Includes all tokens equal to the window's edges. An edge without a kept token lies outside the window, so its ties
 * are removed.
 */
function withTies({ floor, tie_id, ceiling, ceiling_tie_id }: Cut): Cut {
  return {
    floor,
    tie_id: tie_id >= 0 ? EVERY_TIE : tie_id,
    ceiling,
    ceiling_tie_id: ceiling_tie_id >= 0 ? EVERY_TIE : ceiling_tie_id,
  };
}
