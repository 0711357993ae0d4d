/**
 * Conditions on a row before its probabilities are defined. Softmax has no value for NaN, for +Infinity (∞ −
 * ∞) and for a row of −Infinity only (0 / 0). Each of these is a Problem.
 */
import { Problem } from "../errors.ts";
import type { Logits } from "./moments.ts";

/** Throws `invalid_logits` for an empty row and +Infinity, `nan_logit`, or `all_tokens_masked`; the pointer names the element. */
export function checkRow(row: Logits, pointer = "/logits"): void {
  if (row.length === 0)
    throw new Problem("invalid_logits", "a row must hold at least 1 logit, got 0", pointer);
  let finite = 0;
  for (let i = 0; i < row.length; i++) {
    const x = row[i]!;
    if (x > Number.NEGATIVE_INFINITY && x < Number.POSITIVE_INFINITY) finite++;
    else if (x !== Number.NEGATIVE_INFINITY) throw badLogit(x, i, pointer);
  }
  if (finite === 0) throw allMasked(row.length, pointer);
}

function badLogit(x: number, index: number, pointer: string): Problem {
  const code = Number.isNaN(x) ? "nan_logit" : "invalid_logits";
  return new Problem(
    code,
    `a logit must be finite or -Infinity, got ${x} at index ${index}`,
    `${pointer}/${index}`,
  );
}

function allMasked(length: number, pointer: string): Problem {
  return new Problem(
    "all_tokens_masked",
    `at least 1 logit must be finite, got -Infinity in all ${length}`,
    pointer,
  );
}
