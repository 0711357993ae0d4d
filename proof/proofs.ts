/** The proofs, in the order in which they run, and about how long each takes in either form. */
import { BATCHES_IN_MEMORY } from "./batches/batches.ts";
import { FAULTS } from "./faults/faults.ts";
import { FUZZ } from "./fuzz/fuzz.ts";
import { HOSTILE } from "./hostile/hostile.ts";
import { LEAK } from "./leak/leak.ts";
import { LINEAR } from "./linear/linear.ts";
import { OVERLOAD } from "./overload/overload.ts";
import type { Proof } from "./proof.ts";
import { REPLAY } from "./replay/replay.ts";
import { STATISTICS } from "./statistics/statistics.ts";

export interface TimedProof extends Proof {
  readonly short_s: number;
  readonly long_s: number;
}

export const PROOFS: readonly TimedProof[] = [
  { ...HOSTILE, short_s: 5, long_s: 5 },
  { ...FUZZ, short_s: 15, long_s: 300 },
  { ...STATISTICS, short_s: 20, long_s: 200 },
  { ...REPLAY, short_s: 15, long_s: 60 },
  { ...OVERLOAD, short_s: 15, long_s: 60 },
  { ...FAULTS, short_s: 15, long_s: 30 },
  { ...LINEAR, short_s: 15, long_s: 30 },
  { ...BATCHES_IN_MEMORY, short_s: 10, long_s: 30 },
  { ...LEAK, short_s: 20, long_s: 200 },
];
