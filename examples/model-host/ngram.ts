/** Prompt lookup: drafts the next tokens of a text by looking where its last ones stood before, which needs no model. */

/** Looks back for the longest run of last tokens, from so many down to one. */
const RUN_MAX = 3;

/** The at most `count` tokens that followed the last time the text stood where it stands now; none where it never did. */
export function draftFromHistory(history: readonly number[], count: number): number[] {
  for (let run = Math.min(RUN_MAX, history.length - 1); run > 0; run--) {
    const found = lastRun(history, run);
    if (found !== undefined) return history.slice(found + run, found + run + count);
  }
  return [];
}

/** Where the last `run` tokens stood the last time before; undefined: nowhere. */
function lastRun(history: readonly number[], run: number): number | undefined {
  const end = history.length - run;
  for (let at = end - 1; at >= 0; at--) {
    let same = 0;
    while (same < run && history[at + same] === history[end + same]) same++;
    if (same === run) return at;
  }
  return undefined;
}
