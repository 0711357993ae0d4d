/**
 * A confidence interval for a share that was observed as `count` of `total` cases (Clopper and Pearson, Biometrika
 * 26, 1934).
 */
import { binomialTail } from "../kernels/special.ts";

const HALVINGS = 60;

/**
 * The interval contains the true share with a probability of at least `level`, for any share. `count` of `total`
 * ≥ 1 cases.
 */
export function binomialInterval(count: number, total: number, level = 0.95): readonly [number, number] {
  const tail = (1 - level) / 2;
  const low = count === 0 ? 0 : shareAt(tail, (share) => binomialTail(total, count, share));
  const high = count === total ? 1 : shareAt(1 - tail, (share) => binomialTail(total, count + 1, share));
  return [low, high];
}

/** The share at which an increasing tail probability has this value. */
function shareAt(value: number, tailOf: (share: number) => number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (tailOf(middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
