/** Goes along a draft token by token, as far as a judge accepts them. */
import type { DraftWalk, Judge, Pause } from "./walk.ts";

/** Takes the draft's tokens up to the first that is rejected, in whose place comes what the judge gives; or all, and one more. None follows one that ends the text. */
export function* acceptEach(walk: DraftWalk, judge: Judge): Generator<Pause, number> {
  for (let accepted = 0; accepted < walk.draft.length; accepted++) {
    if (!(yield* walk.judge(judge))) return accepted;
    if (walk.is_finished) return accepted + 1;
  }
  yield* walk.take(walk.bonus);
  return walk.draft.length;
}
