/** Accepts the tokens of a draft one by one, as a judge decides. */
import type { DraftWalk, Judge, Pause } from "./walk.ts";

/**
 * Accepts drafted tokens until the judge rejects all candidates for a position, and then takes the token that the judge
 * returns instead. If the whole draft is accepted, one more token is drawn. No token follows one that ends the text.
 */
export function* acceptEach(walk: DraftWalk, judge: Judge): Generator<Pause, void> {
  while (!walk.is_at_end) {
    if (!(yield* walk.judge(judge)) || walk.is_finished) return;
  }
  yield* walk.take(walk.bonus);
}
