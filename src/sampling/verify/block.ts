/**
 * block: block verification, which judges the draft as a whole. A token that the target likes more than the draft does
 * makes up for one before it that it likes less, so that never fewer tokens are accepted than by `rejection`.
 *
 * The decision looks at every row before the first token is certain: a scout goes along the draft, and then the tokens
 * are taken that it found.
 */
import * as z from "zod";
import type { VerifyMethod } from "./method.ts";
import { drawResidual, probabilityOf, residualMass } from "./residual.ts";
import type { DraftWalk, Pause } from "./walk.ts";

const options = z.strictObject({ method: z.literal("block") });

export const block: VerifyMethod<z.infer<typeof options>> = {
  name: "block",
  summary:
    "Block verification: accepts the longest part of the draft that the ratios of the whole of it allow, and draws from what the draft lacks behind it. Accepts at least as many tokens as rejection.",
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
  /** how many tokens of the draft */
  readonly accepted: number;
  /** c behind the last of them */
  readonly share: number;
}

/** How much of the draft is accepted. */
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
    // Behind a token that the target would not draw, nothing is accepted.
    if (share === 0) return decision;
  }
  const { length } = scout.draft;
  return length > 0 && scout.uniform(length - 1) <= share ? { accepted: length, share } : decision;
}

/** With what probability the draft is accepted up to here; where p and q are the same it goes on anyhow. */
function chance(mass: number, share: number): number {
  const all = mass + 1 - share;
  return all === 0 ? 1 : mass / all;
}
