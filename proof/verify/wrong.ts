/** Methods with the mistakes that implementations have had: the counts must detect each of them. */
import { z } from "zod";
import type { StepContext } from "../../src/sampling/context.ts";
import { acceptEach } from "../../src/sampling/verify/accept-each.ts";
import { block, type decide } from "../../src/sampling/verify/block.ts";
import type { VerifyMethod } from "../../src/sampling/verify/method.ts";
import { rejection } from "../../src/sampling/verify/rejection.ts";
import { drawResidual, probabilityOf } from "../../src/sampling/verify/residual.ts";
import type { Drafted, DraftWalk, Judge, Pause, Place } from "../../src/sampling/verify/walk.ts";

const any = z.object({ method: z.string() });

/** Judges the next drafted token: undefined accepts it; otherwise returns its replacement. */
type JudgeOfOne = (place: Place & Drafted) => number | undefined;

function wrong(name: string, judge: JudgeOfOne): VerifyMethod {
  const of_all: Judge = (place) => {
    const drafted = place.drafted[0] as Drafted; // there is one at the least
    const { token_id, law, node } = drafted;
    return judge({ ...place, token_id, law, node, uniform: () => drafted.uniform() }) ?? drafted;
  };
  return { ...rejection, name, options: any, apply: (walk) => acceptEach(walk, of_all) };
}

export const WRONG: readonly VerifyMethod[] = [
  wrong("p and q swapped", ({ candidates, context, token_id, law, uniform }) =>
    uniform() * probabilityOf(candidates, token_id) < law.probability(token_id)
      ? undefined
      : drawResidual(candidates, law, 1, context),
  ),
  wrong("the residual not clipped", ({ candidates, context, token_id, law, uniform }) =>
    uniform() * law.probability(token_id) < probabilityOf(candidates, token_id)
      ? undefined
      : candidates.draw(() => context.uniform("residual")),
  ),
  wrong("one noise for accepting and for the residual", ({ candidates, token_id, law, uniform }) => {
    const u = uniform();
    return u * law.probability(token_id) < probabilityOf(candidates, token_id)
      ? undefined
      : drawResidual(candidates, law, 1, sameNoise(u));
  }),
  wrong("always accepted where the target keeps it", ({ candidates, context, token_id, law }) =>
    probabilityOf(candidates, token_id) > 0 ? undefined : drawResidual(candidates, law, 1, context),
  ),
  wrongBlock("block whose every part is accepted with the ratio of that part", ratioAlone),
  wrongBlock("block that draws by ratios that may pass 1", ratioUnbound),
];

/** A context in which every uniform is this one. */
function sameNoise(u: number): StepContext {
  return { uniform: () => u } as unknown as StepContext; // what a residual asks a context for
}

type Decide = typeof decide;

/** Block verification with another decision. */
function wrongBlock(name: string, decides: Decide): VerifyMethod {
  return {
    ...block,
    name,
    options: any,
    *apply(walk) {
      const { accepted, share } = yield* walk.ahead(decides);
      for (const token_id of walk.draft.slice(0, accepted)) {
        yield* walk.take(() => token_id);
        walk.follow(token_id);
      }
      const law = accepted === walk.draft.length ? undefined : yield* walk.law();
      yield* walk.take(law && ((candidates, context) => drawResidual(candidates, law, share, context)));
    },
  };
}

/** hᵢ = cᵢ at every position, as at the last one. */
function* ratioAlone(scout: DraftWalk) {
  let decision = { accepted: 0, share: 1 };
  let share = 1;
  for (const [i, token_id] of scout.draft.entries()) {
    share = Math.min(1, share * (yield* ratioOf(scout, token_id)));
    if (scout.uniform(i) <= share) decision = { accepted: i + 1, share };
  }
  return decision;
}

/** cᵢ = Π p/q without a bound. */
function* ratioUnbound(scout: DraftWalk) {
  let decision = { accepted: 0, share: 1 };
  let share = 1;
  for (const [i, token_id] of scout.draft.entries()) {
    share *= yield* ratioOf(scout, token_id);
    if (scout.uniform(i) > share) return decision;
    decision = { accepted: i + 1, share };
  }
  return decision;
}

function* ratioOf(scout: DraftWalk, token_id: number): Generator<Pause, number> {
  const law = yield* scout.law();
  let ratio = 0;
  yield* scout.take((candidates) => {
    ratio = probabilityOf(candidates, token_id) / law.probability(token_id);
    return token_id;
  });
  scout.follow(token_id);
  return ratio;
}
