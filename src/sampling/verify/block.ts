/**
 * block: block verification, which judges the draft as a whole. A token that is likelier under the target than under
 * the draft makes up for an earlier one that is less likely. So at least as many tokens are accepted as by
 * `rejection`.
 *
 * The decision needs every row before the first token is certain. A first pass computes it, and then the accepted
 * tokens are taken.
 */
import * as z from "zod";
import type { VerifyMethod } from "./method.ts";
import { drawResidual, probabilityOf, residualMass } from "./residual.ts";
import type { DraftWalk, Pause } from "./walk.ts";

const options = z.strictObject({ method: z.literal("block") });

export const block: VerifyMethod<z.infer<typeof options>> = {
  name: "block",
  summary:
    "Block verification: accepts the longest prefix of the draft that the ratios of the whole draft allow, and draws the next token from the residual distribution. Accepts at least as many tokens as rejection.",
  formula:
    "c₀ = 1, cᵢ = min(1, cᵢ₋₁·p(xᵢ)/q(xᵢ)); hᵢ = mᵢ/(mᵢ + 1 − cᵢ), mᵢ = Σ max(cᵢ·p − q, 0), hₖ = cₖ; accept max{i : uᵢ ≤ hᵢ}, then y ~ norm(max(cᵢ·p − q, 0))",
  source: {
    title: "Sun et al., Block Verification Accelerates Speculative Decoding, 2024",
    url: "https://arxiv.org/abs/2403.10444",
  },
  preserves: "distribution",
  options,
  readsDraft: true,
  looksAhead: true,
  *apply(walk) {
    const { accepted, share } = yield* walk.ahead(decide);
    for (const token_id of walk.draft.slice(0, accepted)) {
      yield* walk.take(() => token_id);
      walk.follow(token_id);
      if (walk.is_finished) return;
    }
    if (accepted === walk.draft.length) yield* walk.take(walk.bonus);
    else {
      const law = yield* walk.law();
      yield* walk.take((candidates, context, mark) => drawResidual(candidates, law, share, context, mark));
    }
  },
};

interface Decision {
  /** number of accepted tokens of the draft */
  readonly accepted: number;
  /** c after the last of them */
  readonly share: number;
}

/** The accepted length of the draft. */
export function* decide(scout: DraftWalk): Generator<Pause, Decision> {
  let decision: Decision = { accepted: 0, share: 1 };
  let share = 1;
  for (const [i, token_id] of scout.draft.entries()) {
    const law = yield* scout.law();
    yield* scout.take((candidates) => {
      const ratio = probabilityOf(candidates, token_id) / law.probability(token_id);
      if (i > 0) {
        const mass = residualMass(candidates, law, share);
        if (scout.uniform(i - 1) <= chance(mass, share)) decision = { accepted: i, share };
      }
      share = Math.min(1, share * ratio);
      return token_id;
    });
    scout.follow(token_id);
    // After a token that the target would not draw, nothing is accepted.
    if (share === 0) return decision;
  }
  const { length } = scout.draft;
  return length > 0 && scout.uniform(length - 1) <= share ? { accepted: length, share } : decision;
}

/**
 * The probability that the draft is accepted up to here. When p and q are equal the walk continues in any
 * case.
 */
function chance(mass: number, share: number): number {
  const all = mass + 1 - share;
  return all === 0 ? 1 : mass / all;
}
