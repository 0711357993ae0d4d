/**
 * Masks: the allowed tokens as bits, bit i mod 32 of word i div 32 for token i. Tokens past the end of a mask are
 * not allowed. A mask that allows few tokens turns the row into the compact form. A mask that allows many is
 * written into a copy of the row, because a journal entry for every banned token would cost more than the step.
 */
import type { Compact } from "./compact/compact.ts";
import type { Dense } from "./dense.ts";

/** Up to this number of allowed tokens, float64 arrays are faster than the row in kernel memory. */
const FEW = 256;

/** The mask that allows exactly these tokens. */
export function maskOf(token_ids: readonly number[]): Uint32Array {
  let id_max = -1;
  for (let i = 0; i < token_ids.length; i++) if (token_ids[i]! > id_max) id_max = token_ids[i]!;
  const mask = new Uint32Array((id_max >>> 5) + 1);
  if (id_max < 0) return mask;
  for (let i = 0; i < token_ids.length; i++) mask[token_ids[i]! >>> 5]! |= 1 << (token_ids[i]! & 31);
  return mask;
}

/** Applies the mask to a whole row. Returns the form of the candidates afterwards. */
export function restrictRow(dense: Dense, compact: Compact, mask: Uint32Array): "dense" | "compact" {
  const allowed = countAllowed(mask, dense.vocab_size);
  if (allowed > FEW) {
    dense.mask(mask);
    return "dense";
  }
  fillFromAllowed(compact.reset(allowed), dense, mask);
  return "compact";
}

/**
 * Applies the mask to the compact form. Returns how many tokens of the vocabulary are allowed but not among the
 * candidates.
 */
export function restrict(compact: Compact, mask: Uint32Array, vocab_size: number): number {
  const { token_ids, scores } = compact;
  let kept = 0;
  for (let i = 0; i < compact.count; i++) {
    if (!isAllowed(mask, token_ids[i]!)) continue;
    token_ids[kept] = token_ids[i]!;
    scores[kept] = scores[i]!;
    kept++;
  }
  compact.truncate(kept);
  return countAllowed(mask, vocab_size) - kept;
}

function isAllowed(mask: Uint32Array, token_id: number): boolean {
  return (((mask[token_id >>> 5] ?? 0) >>> (token_id & 31)) & 1) === 1;
}

/** How many tokens below `vocab_size` are allowed. */
export function countAllowed(mask: Uint32Array, vocab_size: number): number {
  const whole = Math.min(mask.length, Math.floor(vocab_size / 32));
  let allowed = 0;
  for (let i = 0; i < whole; i++) allowed += bitsOf(mask[i]!);
  const rest = vocab_size % 32;
  return whole < mask.length && rest > 0 ? allowed + bitsOf(mask[whole]! & ((1 << rest) - 1)) : allowed;
}

/** The only allowed token below `vocab_size`; undefined when there is none or more than one. */
export function allowedAlone(mask: Uint32Array, vocab_size: number): number | undefined {
  let alone: number | undefined;
  for (let i = 0; i < mask.length && 32 * i < vocab_size; i++) {
    if (mask[i] === 0) continue;
    const word = mask[i]!;
    if (alone !== undefined || (word & (word - 1)) !== 0) return undefined;
    alone = 32 * i + 31 - Math.clz32(word);
  }
  return alone !== undefined && alone < vocab_size ? alone : undefined;
}

/** The number of 1 bits of a word, by sums of neighbouring bits, pairs and nibbles. */
function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function fillFromAllowed(compact: Compact, dense: Dense, mask: Uint32Array): void {
  const { vocab_size, temperature } = dense;
  const { values } = dense.settle();
  let count = 0;
  for (let i = 0; i < mask.length; i++) {
    // Visits the set bits, lowest first.
    for (let word = mask[i]!; word !== 0; word &= word - 1) {
      const id = 32 * i + 31 - Math.clz32(word & -word);
      if (id >= vocab_size || values[id] === Number.NEGATIVE_INFINITY) continue;
      compact.token_ids[count] = id;
      compact.scores[count] = values[id]! / temperature;
      count++;
    }
  }
  compact.filled(count, "id");
}

/** Makes a single token the only candidate, whatever its score was. */
export function keepOne(compact: Compact, token_id: number): void {
  compact.token_ids[0] = token_id;
  compact.scores[0] = 0;
  compact.filled(1, "id");
}
