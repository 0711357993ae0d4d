/** vllm: the beam search of `LLM.beam_search`. */
import * as z from "zod";
import { lengthPenalty, SEARCH_FIELDS } from "../fields.ts";
import { bestEnded, bestWays, ending, perLength } from "../ranking.ts";
import type { BeamRule } from "../rule.ts";

const options = z.strictObject({
  rule: z.literal("vllm"),
  ...SEARCH_FIELDS,
  length_penalty: lengthPenalty(1),
});

export const vllm: BeamRule<z.infer<typeof options>> = {
  name: "vllm",
  summary:
    "Beam search as vLLM's LLM.beam_search has it: the 2 · num_beams best tokens of each beam; every one that ends is kept, the best num_beams of the others go on, and the search runs to max_tokens.",
  formula: "score(y) = Σ ln p(yₜ) / |y|^length_penalty",
  source: {
    title: "vLLM 0.33, entrypoints/generate/beam_search/offline.py",
    url: "https://github.com/vllm-project/vllm",
  },
  options,
  example: { num_beams: 4, end_token_ids: [2], max_tokens: 64, length_penalty: 1 },
  score: "model",
  draws: false,
  width: ({ num_beams }) => 2 * num_beams,
  advance(ways, search, { num_beams, end_token_ids, max_tokens, length_penalty }) {
    const length = search.step + 1;
    const ends = ({ token_id }: { readonly token_id: number }) => end_token_ids.includes(token_id);
    const normed = (score: number) => perLength(score, length, length_penalty);
    const next = bestWays(
      ways.filter((way) => !ends(way)),
      num_beams,
    );
    const is_last = length >= max_tokens || next.length === 0;
    const added = [
      ...ways.filter(ends).map((way) => ending(way, length, "end_token", normed(way.score))),
      ...(is_last ? next : []).map((way) => ending(way, length, "length", normed(way.score))),
    ];
    return {
      next: is_last ? [] : next,
      ended: bestEnded([...search.ended, ...added], num_beams),
      finished: is_last,
    };
  },
};
