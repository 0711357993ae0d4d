/** llama_cpp: the beam search that llama.cpp had until 2024, in which ended sequences keep their beam. */
import * as z from "zod";
import { SEARCH_FIELDS } from "../fields.ts";
import { bestEnded, endingAll } from "../ranking.ts";
import { rivals } from "../rivals.ts";
import type { BeamRule } from "../rule.ts";

const options = z.strictObject({ rule: z.literal("llama_cpp"), ...SEARCH_FIELDS });

export const llama_cpp: BeamRule<z.infer<typeof options>> = {
  name: "llama_cpp",
  summary:
    "Beam search as llama.cpp had it (llama_beam_search): a sequence that ends keeps its beam as long as it is among the num_beams best, and the search is over when the best has ended.",
  formula: "score(y) = Σ ln p(yₜ)",
  source: {
    title: "llama.cpp, llama_beam_search, until March 2024",
    url: "https://github.com/ggml-org/llama.cpp",
  },
  options,
  example: { num_beams: 4, end_token_ids: [2], max_tokens: 64 },
  score: "chain",
  draws: false,
  width: ({ num_beams }) => num_beams,
  advance(ways, search, options) {
    const { next, ended, length } = rivals(ways, search, options);
    const best_next = next[0]?.score ?? Number.NEGATIVE_INFINITY;
    // Of equal scores, the ended sequence is the best.
    const is_over = (ended[0]?.score ?? Number.NEGATIVE_INFINITY) >= best_next;
    return is_over || length >= options.max_tokens || next.length === 0
      ? { next: [], ended: withLive(next, ended, length), finished: true }
      : { next, ended, finished: false };
  },
};

type Rivals = ReturnType<typeof rivals>;

/** At the end every sequence that held a beam is returned, also those without an end token. */
function withLive(next: Rivals["next"], ended: Rivals["ended"], length: number): Rivals["ended"] {
  return bestEnded([...ended, ...endingAll(next, length)], next.length + ended.length);
}
