/** The proofs, in the order in which they run. */
import { FUZZ } from "./fuzz/fuzz.ts";
import { HOSTILE } from "./hostile/hostile.ts";
import type { Proof } from "./proof.ts";
import { REPLAY } from "./replay/replay.ts";

export const PROOFS: readonly Proof[] = [HOSTILE, FUZZ, REPLAY];
