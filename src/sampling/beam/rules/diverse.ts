/** diverse: groups of beams that are pushed apart (Vijayakumar et al.). */
import * as z from "zod";
import { finite, whole } from "../../options/fields.ts";
import { BEAMS_MAX, lengthPenalty, SEARCH_FIELDS } from "../fields.ts";
import { bestEnded, bestWays, ending, perLength } from "../ranking.ts";
import type { BeamRule, EndingBeam, Search, Way } from "../rule.ts";

const options = z
  .strictObject({
    rule: z.literal("diverse"),
    ...SEARCH_FIELDS,
    groups: whole({ min: 1, max: BEAMS_MAX })
      .default(2)
      .describe("Groups that the beams are divided into; num_beams must be a multiple of it."),
    diversity: finite({ min: 0, max: 1000 })
      .default(0.5)
      .describe(
        "Penalty of a token for each beam of an earlier group that took it in this step. Usual: 0.2 to 0.8.",
      ),
    length_penalty: lengthPenalty(0),
  })
  .refine(({ num_beams, groups }) => num_beams % groups === 0, {
    path: ["groups"],
    error: ({ input }) => {
      const { num_beams, groups } = input as { readonly num_beams: number; readonly groups: number };
      return `must divide num_beams, ${num_beams}, got ${groups}`;
    },
  });

type Options = z.infer<typeof options>;

/** The group is the first of the numbers that a beam carries. */
const groupOf = ({ carry }: { readonly carry?: readonly number[] }) => carry?.[0] ?? 0;

export const diverse: BeamRule<Options> = {
  name: "diverse",
  summary:
    "Diverse beam search: groups of beams are extended one after the other, and a token loses `diversity` for each beam of an earlier group that took it in the same step.",
  formula: "score_g(y) = Σ ln p(yₜ) − diversity · #{beams of groups before g that took yₜ at t}",
  source: {
    title:
      "Vijayakumar et al., Diverse Beam Search: Decoding Diverse Solutions from Neural Sequence Models, 2016",
    url: "https://arxiv.org/abs/1610.02424",
  },
  options,
  example: { num_beams: 4, groups: 2, diversity: 0.5, end_token_ids: [2], max_tokens: 64 },
  score: "chain",
  draws: false,
  // Continuations to keep per row: the penalty can displace one token for each beam of an earlier group, and there are at
  // most num_beams of those.
  width: ({ num_beams, groups, end_token_ids }) =>
    (1 + end_token_ids.length) * (num_beams / groups) + num_beams,
  advance(ways, search, options) {
    const { groups, max_tokens } = options;
    const length = search.step + 1;
    const taken = new Map<number, number>();
    const next: Way[] = [];
    const added: EndingBeam[] = [];
    for (let group = 0; group < groups; group++) {
      const of_group = waysOf(ways, search, group, options, taken);
      const chosen = dividedOf(of_group, length, options);
      added.push(...chosen.added);
      for (const way of chosen.next) taken.set(way.token_id, (taken.get(way.token_id) ?? 0) + 1);
      next.push(...chosen.next);
    }
    const is_last = length >= max_tokens;
    const open = (is_last ? next : []).map((way) => normed(way, length, "length", options));
    const ended = bestEnded([...search.ended, ...added, ...open], options.num_beams);
    return { next: is_last ? [] : next, ended, finished: is_last || next.length === 0 };
  },
};

/**
 * The continuations of a group's beams after the penalty for tokens of earlier groups. In the first step all groups begin
 * from one row.
 */
function waysOf(
  ways: readonly Way[],
  { step, beams }: Search,
  group: number,
  { diversity }: Options,
  taken: ReadonlyMap<number, number>,
): Way[] {
  return ways
    .filter(({ parent }) => step === 0 || groupOf(beams[parent] ?? {}) === group)
    .map((way) => ({
      ...way,
      score: way.score - diversity * (taken.get(way.token_id) ?? 0),
      carry: [group],
    }));
}

function dividedOf(ways: readonly Way[], length: number, options: Options) {
  const size = options.num_beams / options.groups;
  const ends = ({ token_id }: Way) => options.end_token_ids.includes(token_id);
  const top = bestWays(ways, (1 + options.end_token_ids.length) * size);
  return {
    next: top.filter((way) => !ends(way)).slice(0, size),
    added: top
      .slice(0, size)
      .filter(ends)
      .map((way) => normed(way, length, "end_token", options)),
  };
}

function normed(
  way: Way,
  length: number,
  reason: "end_token" | "length",
  { length_penalty }: Options,
): EndingBeam {
  return ending(way, length, reason, perLength(way.score, length, length_penalty));
}
