/** transformers: the beam search of `generate(num_beams=…)`. */
import * as z from "zod";
import { EARLY_STOPPING, lengthPenalty, SEARCH_FIELDS } from "../fields.ts";
import { bestEnded, bestWays, ending, perLength } from "../ranking.ts";
import type { BeamRule } from "../rule.ts";

const options = z.strictObject({
  rule: z.literal("transformers"),
  ...SEARCH_FIELDS,
  length_penalty: lengthPenalty(1),
  early_stopping: EARLY_STOPPING.describe(
    'When the search is over: `true`, as soon as num_beams sequences have ended; `false`, when the best beam at its present length is no better than the worst of them; `"never"`, when no length up to max_tokens would make it better.',
  ),
});

type Options = z.infer<typeof options>;

/** transformers takes at least two continuations per beam, and one more for each further end token. */
function width({ num_beams, end_token_ids }: Options): number {
  return Math.max(2, 1 + end_token_ids.length) * num_beams;
}

export const transformers: BeamRule<Options> = {
  name: "transformers",
  summary:
    "Beam search as transformers has it: of the best (end tokens + 1) · num_beams continuations the first num_beams that go on are the next beams, and those of the first num_beams that end are kept, the best num_beams of all.",
  formula: "score(y) = Σ ln p(yₜ) / |y|^length_penalty",
  source: {
    title: "transformers 5.24, generation/utils.py, _beam_search",
    url: "https://github.com/huggingface/transformers",
  },
  options,
  example: { num_beams: 4, end_token_ids: [2], max_tokens: 64, length_penalty: 1, early_stopping: false },
  score: "processed",
  draws: false,
  width,
  advance(ways, search, options) {
    const { num_beams, end_token_ids, max_tokens, length_penalty, early_stopping } = options;
    const length = search.step + 1;
    const is_last = length >= max_tokens;
    const top = bestWays(ways, width(options));
    const ends = ({ token_id }: { readonly token_id: number }) => end_token_ids.includes(token_id);
    const next = is_last ? [] : top.filter((way) => !ends(way)).slice(0, num_beams);
    const is_closed = early_stopping === true && search.ended.length === num_beams;
    const added = is_closed
      ? []
      : top
          .slice(0, num_beams)
          .filter((way) => is_last || ends(way))
          .map((way) =>
            ending(
              way,
              length,
              ends(way) ? "end_token" : "length",
              perLength(way.score, length, length_penalty),
            ),
          );
    const ended = bestEnded([...search.ended, ...added], num_beams);
    return {
      next,
      ended,
      finished: next.length === 0 || !mayImprove(next[0]?.score, ended, length, options),
    };
  },
};

/** True when the best beam may still replace the worst ended sequence. */
function mayImprove(
  best: number | undefined,
  ended: readonly { readonly score: number }[],
  length: number,
  { num_beams, max_tokens, length_penalty, early_stopping }: Options,
): boolean {
  if (ended.length < num_beams || best === undefined) return true;
  if (early_stopping === true) return false;
  const best_length = early_stopping === "never" && length_penalty > 0 ? max_tokens : length;
  return perLength(best, best_length, length_penalty) > (ended.at(-1)?.score ?? Number.NEGATIVE_INFINITY);
}
