/** The proofs, in the order in which they run. */
import { BATCHES_IN_MEMORY } from "./batches/batches.ts";
import { CONNECTIONS } from "./connections/connections.ts";
import { FAULTS } from "./faults/faults.ts";
import { FUZZ } from "./fuzz/fuzz.ts";
import { GRAMMARS } from "./grammars/grammars.ts";
import { HOLDING } from "./holding/holding.ts";
import { HOSTILE } from "./hostile/hostile.ts";
import { LEAK } from "./leak/leak.ts";
import { LINEAR } from "./linear/linear.ts";
import { OVERLOAD } from "./overload/overload.ts";
import type { Proof } from "./proof.ts";
import { REPLAY } from "./replay/replay.ts";
import { STATISTICS } from "./statistics/statistics.ts";
import { TURNS } from "./turns/turns.ts";
import { VERIFY } from "./verify/verify.ts";

export const PROOFS: readonly Proof[] = [
  HOSTILE,
  GRAMMARS,
  FUZZ,
  STATISTICS,
  REPLAY,
  VERIFY,
  OVERLOAD,
  FAULTS,
  LINEAR,
  TURNS,
  CONNECTIONS,
  HOLDING,
  BATCHES_IN_MEMORY,
  LEAK,
];
