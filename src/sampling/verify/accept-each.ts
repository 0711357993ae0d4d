/** Accepts the tokens of a draft one by one, as a judge decides. */
import type { DraftWalk, Judge, Pause } from "./walk.ts";

/**
 * Takes drafted tokens until the judge accepts none of the next ones, and then the token that the judge gives instead; or up
 * to the end of the draft, and one more. No token follows one that ends the text.
 */
export function* acceptEach(walk: DraftWalk, judge: Judge): Generator<Pause, void> {
  while (!walk.is_at_end) {
    if (!(yield* walk.judge(judge)) || walk.is_finished) return;
  }
  yield* walk.take(walk.bonus);
}
