/**
 * arithmetic: texts at evenly spaced points of one inverse CDF over all texts (Vilnis et al.). Each beam has a code in [0, 1).
 * Its next token is the one whose interval contains the code. The code is then rescaled to its position inside that interval.
 *
 * A float64 has 53 bits, and each token uses up −log₂ p of them. A code is therefore an interval, which becomes wider as bits
 * are used up. Before it is too wide, new bits are drawn for it.
 */
import * as z from "zod";
import { uniform } from "../../rng.ts";
import { SEARCH_FIELDS } from "../fields.ts";
import { bestEnded, ending, endingAll } from "../ranking.ts";
import type { Advance, BeamRule, Search, Way } from "../rule.ts";

const options = z.strictObject({ rule: z.literal("arithmetic"), ...SEARCH_FIELDS });

type Options = z.infer<typeof options>;

/** Width of a fresh code, largest width allowed, and the largest number below 1. */
const CODE_WIDTH = 2 ** -53;
const CODE_WIDTH_MAX = 2 ** -24;
const CODE_MAX = 1 - 2 ** -53;
const CODE_MIN = 2 ** -60;

interface Code {
  readonly at: number;
  readonly width: number;
}

export const arithmetic: BeamRule<Options> = {
  name: "arithmetic",
  summary:
    "Arithmetic sampling: num_beams texts at evenly spaced points of one inverse CDF over all texts, each drawn from the model's distribution and together spread over it; no beam waits for another.",
  formula: "uᵢ = (i + u) / num_beams; yₜ = F⁻¹(uᵢ), uᵢ ← (uᵢ − F(yₜ − 1)) / p(yₜ)",
  source: {
    title: "Vilnis et al., Arithmetic Sampling: Parallel Diverse Decoding for Large Language Models, 2022",
    url: "https://arxiv.org/abs/2210.15458",
  },
  options,
  example: { num_beams: 4, end_token_ids: [2], max_tokens: 64 },
  score: "chain",
  draws: true,
  width: ({ num_beams }) => num_beams,
  look(row, { num_beams }) {
    const { left, search, parent } = row;
    const { candidates } = left;
    const codes =
      search.step === 0
        ? Array.from({ length: num_beams }, (_, i) => firstCode(search, i, num_beams))
        : [codeOf(search, parent)];
    const token_ids = codes.map(({ at }) => candidates.draw(() => at));
    const moved = codes.map((code, i) => movedIn(code, candidates.interval(token_ids[i] as number)));
    return row.ways(token_ids).map((way, i) => {
      const { at, width } = moved[i] as Code;
      return { ...way, carry: [at, width] };
    });
  },
  advance(ways, search, { num_beams, end_token_ids, max_tokens }): Advance {
    const length = search.step + 1;
    const ends = ({ token_id }: Way) => end_token_ids.includes(token_id);
    const is_last = length >= max_tokens;
    const going = ways.filter((way) => !ends(way));
    const added = [
      ...ways.filter(ends).map((way) => ending(way, length, "end_token")),
      ...(is_last ? endingAll(going, length) : []),
    ];
    const next = is_last ? [] : going.map((way, i) => fresh(way, search, i));
    const ended = bestEnded([...search.ended, ...added], num_beams);
    return { next, ended, finished: next.length === 0 };
  },
};

function firstCode({ seed, step }: Search, index: number, count: number): Code {
  return { at: inside((index + uniform("beam", seed, step, 0)) / count), width: CODE_WIDTH };
}

function codeOf({ beams }: Search, parent: number): Code {
  const [at = 0.5, width = CODE_WIDTH] = beams[parent]?.carry ?? [];
  return { at: inside(at), width };
}

function inside(code: number): number {
  return Math.min(CODE_MAX, Math.max(CODE_MIN, code));
}

/** The position of a code inside the interval of its token. */
function movedIn({ at, width }: Code, { from, to }: { readonly from: number; readonly to: number }): Code {
  const share = to - from;
  if (!(share > 0)) return { at: 0.5, width: 1 };
  return { at: inside((at - from) / share), width: Math.min(1, width / share) };
}

/** Gives new bits to a code that has become wide: draws a point of its interval. */
function fresh(way: Way, { seed, step }: Search, index: number): Way {
  const [at = 0.5, width = 1] = way.carry ?? [];
  if (width < CODE_WIDTH_MAX) return way;
  const u = uniform("beam", seed, step, index + 1);
  const from = Math.min(Math.max(0, at - width / 2), 1 - width);
  return { ...way, carry: [inside(from + u * width), CODE_WIDTH] };
}
