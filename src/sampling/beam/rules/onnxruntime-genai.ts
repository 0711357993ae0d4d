/** onnxruntime_genai: the beam search of onnxruntime-genai's Generator on the CPU. */
import * as z from "zod";
import { flag, whole } from "../../options/fields.ts";
import { BEAM_TOKENS_MAX, lengthPenalty, SEARCH_FIELDS } from "../fields.ts";
import { bestWays, ending, endingAll, perLength } from "../ranking.ts";
import type { BeamRule, EndedBeam, EndingBeam } from "../rule.ts";

const options = z.strictObject({
  rule: z.literal("onnxruntime_genai"),
  ...SEARCH_FIELDS,
  length_penalty: lengthPenalty(1),
  early_stopping: flag()
    .default(true)
    .describe(
      "`true`: the search is over as soon as num_beams sequences have ended; `false`: when the best continuation is no better than the worst of them.",
    ),
  prompt_tokens: whole({ min: 0, max: BEAM_TOKENS_MAX })
    .default(0)
    .describe("Length of the prompt: this host's lengths count it, and not the end token."),
});

export const onnxruntime_genai: BeamRule<z.infer<typeof options>> = {
  name: "onnxruntime_genai",
  summary:
    "Beam search as onnxruntime-genai has it: of the best 2 · num_beams continuations, in order, those that end among the first num_beams are kept and the others go on; lengths count the prompt and no end token.",
  formula: "score(y) = Σ ln p(yₜ) / (|prompt| + |y|)^length_penalty",
  source: {
    title: "onnxruntime-genai, beam_search_scorer.cpp and search.cpp",
    url: "https://github.com/microsoft/onnxruntime-genai",
  },
  options,
  example: { num_beams: 4, end_token_ids: [2], max_tokens: 64, prompt_tokens: 12 },
  score: "chain",
  draws: false,
  width: ({ num_beams }) => 2 * num_beams,
  advance(ways, search, options) {
    const { num_beams, end_token_ids, max_tokens, length_penalty, early_stopping, prompt_tokens } = options;
    const length = search.step + 1;
    const told = prompt_tokens + search.step;
    const top = bestWays(ways, 2 * num_beams);
    const next = [];
    let ended: readonly (EndedBeam | EndingBeam)[] = search.ended;
    for (const [place, way] of top.entries()) {
      if (!end_token_ids.includes(way.token_id)) next.push(way);
      else if (place < num_beams) {
        const score = perLength(way.score, told, length_penalty);
        ended = added(ended, ending(way, length, "end_token", score), num_beams);
      }
      if (next.length === num_beams) break;
    }
    const best = perLength(top[0]?.score ?? 0, told, length_penalty);
    const is_full = ended.length === num_beams;
    if (next.length === 0 || (is_full && (early_stopping || !((ended.at(-1)?.score ?? 0) < best))))
      return { next: [], ended, finished: true };
    if (length < max_tokens) return { next, ended, finished: false };
    const open = endingAll(next, length, ({ score }) => perLength(score, told + 1, length_penalty));
    for (const each of open) ended = added(ended, each, num_beams);
    return { next: [], ended, finished: true };
  },
};

/**
 * Inserts a sequence by rank and drops the worst one. A sequence that is no better than the worst is not
 * inserted.
 */
function added(
  ended: readonly (EndedBeam | EndingBeam)[],
  one: EndingBeam,
  count: number,
): readonly (EndedBeam | EndingBeam)[] {
  const place = ended.findIndex(({ score }) => one.score > score);
  return ended.toSpliced(place < 0 ? ended.length : place, 0, one).slice(0, count);
}
