/** tensorrt_llm: the beam search of TensorRT-LLM's kernels. */
import * as z from "zod";
import { finite, whole } from "../../options/fields.ts";
import { lengthPenalty, SEARCH_FIELDS } from "../fields.ts";
import { bestEnded, ending, endingAll, perLength } from "../ranking.ts";
import type { BeamRule, EndedBeam, EndingBeam, Way } from "../rule.ts";

const options = z.strictObject({
  rule: z.literal("tensorrt_llm"),
  ...SEARCH_FIELDS,
  beam_search_diversity_rate: finite({ min: -1000, max: 1000 })
    .default(0)
    .describe("Continuations of beam i are ranked as if their sum were larger by i times this. 0 is off."),
  length_penalty: lengthPenalty(0),
  early_stopping: whole({ min: 0, max: 2 })
    .default(1)
    .describe(
      "1: the search is over as soon as num_beams sequences have ended; 0: when the best continuation at its present length is no better than the worst of them; 2: when no length up to max_tokens would make it better.",
    ),
});

type Options = z.infer<typeof options>;

/**
 * Up to this number of beams the kernels add the diversity to the ranking only. With more beams it stays in the sum (their V2
 * workflow).
 */
const V1_BEAMS_MAX = 8;

export const tensorrt_llm: BeamRule<Options> = {
  name: "tensorrt_llm",
  summary:
    "Beam search as TensorRT-LLM has it: of the best 2 · num_beams continuations, in order, those that end among the first num_beams replace the worst of those kept and the others go on, until num_beams do.",
  formula: "score(y) = Σ ln p(yₜ) / |y|^length_penalty; ranked by Σ ln p + i·beam_search_diversity_rate",
  source: {
    title: "TensorRT-LLM, cpp/tensorrt_llm/kernels/beamSearchKernels/beamSearchKernelsTemplate.h at 2a9abd9",
    url: "https://github.com/NVIDIA/TensorRT-LLM",
  },
  options,
  example: { num_beams: 4, end_token_ids: [2], max_tokens: 64, length_penalty: 1, early_stopping: 1 },
  score: "chain",
  draws: false,
  width: ({ num_beams }) => 2 * num_beams,
  advance(ways, search, options) {
    const { num_beams, max_tokens, length_penalty, early_stopping } = options;
    const length = search.step + 1;
    const ranked = rankedWays(ways, options);
    const best = ranked[0]?.score ?? 0;
    const top = num_beams > V1_BEAMS_MAX ? ranked : ranked.map(({ way }) => way);
    const { next, ended } = taken(top, search.ended, length, options);
    const far = early_stopping !== 0 && length_penalty > 0 ? max_tokens : length;
    const is_full = ended.length === num_beams;
    const is_over =
      is_full && (early_stopping === 1 || (ended.at(-1)?.score ?? 0) >= perLength(best, far, length_penalty));
    if (is_over || next.length === 0) return { next: [], ended, finished: true };
    if (length < max_tokens) return { next, ended, finished: false };
    const open = endingAll(next, length, ({ score }) => perLength(score, length, length_penalty));
    return { next: [], ended: bestEnded([...ended, ...open], num_beams), finished: true };
  },
};

interface RankedWay extends Way {
  /** as the model gave it */
  readonly way: Way;
}

function rankedWays(ways: readonly Way[], { num_beams, beam_search_diversity_rate }: Options): RankedWay[] {
  return ways
    .map((way) => ({ ...way, way, score: way.score + way.parent * beam_search_diversity_rate }))
    .toSorted((a, b) => b.score - a.score || a.parent - b.parent || a.token_id - b.token_id)
    .slice(0, 2 * num_beams);
}

/**
 * Walks the continuations in order. With early_stopping 2, the kernel stops at a continuation that is too bad and leaves the
 * remaining beams unwritten. Here the other continuations go on.
 */
function taken(
  top: readonly Way[],
  before: readonly EndedBeam[],
  length: number,
  { num_beams, end_token_ids, length_penalty }: Options,
): { next: Way[]; ended: readonly (EndedBeam | EndingBeam)[] } {
  const next: Way[] = [];
  let ended: readonly (EndedBeam | EndingBeam)[] = before;
  for (const [place, way] of top.entries()) {
    if (!end_token_ids.includes(way.token_id)) next.push(way);
    else if (place < num_beams) {
      const one = ending(way, length, "end_token", perLength(way.score, length, length_penalty));
      const is_full = ended.length === num_beams;
      const worst = ended.at(-1)?.score ?? Number.NEGATIVE_INFINITY;
      if (!is_full || one.score >= worst) ended = bestEnded([...replaced(ended, is_full), one], num_beams);
    }
    if (next.length === num_beams) break;
  }
  return { next, ended };
}

/** Drops the worst sequence when the list is full. */
function replaced(ended: readonly (EndedBeam | EndingBeam)[], is_full: boolean) {
  return is_full ? ended.slice(0, -1) : ended;
}
