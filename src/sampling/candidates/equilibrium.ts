/** The end of entropy equilibrium sampling: the one comparison, for sums of any kind. */
import { ln } from "../../kernels/float64.ts";

/** Slack of the comparison, whose sides lie in [0, 1]: the error of evenness and mass from float32 logits. */
export const EQUILIBRIUM_SLACK = 1e-6;

/** True when the evenness of the first `count` tokens, with this entropy, is below their mass. */
export function isPastEquilibrium(entropy: number, mass: number, count: number): boolean {
  return count > 1 && entropy / ln(count) < mass - EQUILIBRIUM_SLACK;
}
