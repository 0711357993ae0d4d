/** Conversions into the compact form. Each fills the empty arrays of a Compact with enough room. */
import { cutFrom, type Kernel, type Row } from "../../../kernels/kernel.ts";
import type { SparseRow } from "../../rows.ts";
import type { Dense } from "../dense.ts";
import type { Compact } from "./compact.ts";

/** Rows of up to this many tokens are compact from the start: float64 throughout, and no slower than the kernel. */
export const SMALL_ROW = 256;

/** The (id, score) pairs of the kernel's last selection. */
export function fillFromSelection(
  compact: Compact,
  { selected_ids, selected_logits }: Kernel,
  count: number,
  order: "id" | "score",
  temperature: number,
): void {
  for (let i = 0; i < count; i++) {
    compact.token_ids[i] = selected_ids[i]!;
    compact.scores[i] = selected_logits[i]! / temperature;
  }
  compact.filled(count, order);
}

/**
 * Copies the tokens that a cut of a dense row kept, when they are few. Returns the form of the candidates
 * afterwards.
 */
export function fillFromCut(compact: Compact, dense: Dense): "dense" | "compact" {
  const { kernel, row, cut, temperature } = dense;
  const count = kernel.gather(row, cutFrom(cut.floor, cut.tie_id));
  if (count < 0) return "dense";
  fillFromSelection(compact.reset(count), kernel, count, "id", temperature);
  return "compact";
}

/** The k best tokens of a dense row, ranked; k is at most the kernel's selection size. */
export function fillFromTop(compact: Compact, dense: Dense, k: number): "compact" {
  const { kernel, temperature } = dense;
  const most = dense.isCut ? Math.min(k, dense.count()) : k;
  const count = kernel.topK(dense.settleBelowCeiling(), most);
  fillFromSelection(compact.reset(count), kernel, count, "score", temperature);
  return "compact";
}

/** The finite logits of a whole row, in the order of the row. */
export function fillFromRow(compact: Compact, row: Row): void {
  let count = 0;
  for (let id = 0; id < row.length; id++) {
    if (row.values[id] === Number.NEGATIVE_INFINITY) continue;
    compact.token_ids[count] = id;
    compact.scores[count] = row.values[id]!;
    count++;
  }
  compact.filled(count, "id");
}

/** Every kept token of a dense row, for samplers without a kernel of their own. */
export function fillFromDense(compact: Compact, dense: Dense): void {
  const { temperature, vocab_size } = dense;
  const { values } = dense.settle();
  let count = 0;
  for (let id = 0; id < vocab_size; id++) {
    const logit = values[id]!;
    if (logit === Number.NEGATIVE_INFINITY || !dense.keeps(id, logit)) continue;
    compact.token_ids[count] = id;
    compact.scores[count] = logit / temperature;
    count++;
  }
  compact.filled(count, "id");
}

/**
 * The limit of softmax as some logits go to +Infinity: those tokens share the probability, and the others have
 * probability 0.
 */
export function fillFromInfinite(compact: Compact, row: Row): void {
  let count = 0;
  for (let id = 0; id < row.length; id++) {
    if (row.values[id] !== Number.POSITIVE_INFINITY) continue;
    compact.token_ids[count] = id;
    compact.scores[count] = 0;
    count++;
  }
  compact.filled(count, "id");
}

/** The tokens of a sparse row. Returns how many of them are not masked. */
export function fillFromSparse(compact: Compact, row: SparseRow, vocab_size: number): number {
  let count = 0;
  for (let i = 0; i < row.token_ids.length; i++) {
    if (row.values[i] === Number.NEGATIVE_INFINITY || row.token_ids[i]! >= vocab_size) continue;
    compact.token_ids[count] = row.token_ids[i]!;
    compact.scores[count] = row.values[i]!;
    count++;
  }
  compact.filled(count, "none");
  return count;
}
