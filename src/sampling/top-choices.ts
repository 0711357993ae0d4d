/** Excluding top choices: of the tokens above a score only the one that ranks last stays. */
import type { Compact } from "./compact.ts";
import { type Dense, EVERY_ID } from "./dense.ts";
import { float32NotBelow } from "./thresholds.ts";

/**
 * Removes the tokens with scores of at least `threshold` but the last of them in rank: the least score, the
 * highest id among equals. Removes nothing when there are fewer than 2, or when fewer than min_keep would be left.
 */
export function dropTopButLast(compact: Compact, threshold: number, min_keep: number): void {
  const { token_ids, scores, count } = compact;
  let top = 0;
  let last = -1;
  for (let i = 0; i < count; i++) {
    if (scores[i]! < threshold) continue;
    top++;
    if (last < 0 || ranksAfter(compact, i, last)) last = i;
  }
  if (top < 2 || count - top + 1 < min_keep) return;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (scores[i]! >= threshold && i !== last) continue;
    token_ids[kept] = token_ids[i]!;
    scores[kept] = scores[i]!;
    kept++;
  }
  compact.truncate(kept);
}

function ranksAfter({ token_ids, scores }: Compact, i: number, j: number): boolean {
  return scores[i]! < scores[j]! || (scores[i] === scores[j] && token_ids[i]! > token_ids[j]!);
}

/**
 * The same for a whole row in kernel memory, where the others are banned. False, and nothing done, when they are
 * too many to be listed.
 */
export function banTopButLast(dense: Dense, threshold: number, min_keep: number): boolean {
  const { kernel } = dense;
  const { selected_ids, selected_logits } = kernel;
  const top = kernel.gather(dense.settle(), float32NotBelow(threshold * dense.temperature), EVERY_ID);
  if (top < 0) return false;
  if (top < 2 || dense.count() - top + 1 < min_keep) return true;
  let last = 0;
  for (let i = 1; i < top; i++) if (selected_logits[i]! <= selected_logits[last]!) last = i;
  for (let i = 0; i < top; i++) if (i !== last) dense.setScore(selected_ids[i]!, Number.NEGATIVE_INFINITY);
  return true;
}
