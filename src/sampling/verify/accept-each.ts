/** Goes along a draft as far as a judge accepts its tokens. */
import type { DraftWalk, Judge, Pause } from "./walk.ts";

/**
 * Takes drafted tokens until the judge accepts none of those that come next, in whose place comes what the judge gives; or up
 * to the end of the draft, and one more. None follows one that ends the text.
 */
export function* acceptEach(walk: DraftWalk, judge: Judge): Generator<Pause, void> {
  while (!walk.is_at_end) {
    if (!(yield* walk.judge(judge)) || walk.is_finished) return;
  }
  yield* walk.take(walk.bonus);
}
