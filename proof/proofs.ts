/** The proofs, in the order in which they run. */
import { FUZZ } from "./fuzz/fuzz.ts";
import type { Proof } from "./proof.ts";

export const PROOFS: readonly Proof[] = [FUZZ];
