/** Keys for the proofs, from a seeded generator. No real deployment uses them. */
import type { Seeded } from "../../evidence/seeded.ts";

/** A secret with this number of bits. */
export function secretOf(seeded: Seeded, bits = 64): bigint {
  const words = [seeded.below(2 ** 32), seeded.below(2 ** 32)].map(BigInt);
  return BigInt.asUintN(bits, ((words[0] ?? 0n) << 32n) | (words[1] ?? 0n));
}
