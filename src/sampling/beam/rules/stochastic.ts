/**
 * stochastic: sequences drawn without replacement by Gumbel-Top-k along the tree of prefixes (Kool et al.).
 *
 * A prefix has ln p and a perturbed ln p, G. G is the largest perturbed ln p of all texts that begin with the prefix. The
 * children of a prefix are drawn without replacement in the order of their G. That order equals the order of successive draws
 * from the mass that is left. Each value of G is a Gumbel of the mass that is left, truncated at the value before it. So k +
 * 1 draws of a row are enough, and the other tokens need no noise.
 */
import * as z from "zod";
import { exp, ln } from "../../../kernels/float64.ts";
import { uniform } from "../../rng.ts";
import { BEAMS_MAX, SEARCH_FIELDS } from "../fields.ts";
import { bestEnded, endingAll } from "../ranking.ts";
import { rivals } from "../rivals.ts";
import type { BeamRule, RowLook, Search, Way } from "../rule.ts";

const { score: _, ...FIELDS } = SEARCH_FIELDS;
const options = z.strictObject({ rule: z.literal("stochastic"), ...FIELDS });

type Options = z.infer<typeof options>;

/** Uniforms of one row: two for each draw. */
const ROW_DRAWS = 2 * (BEAMS_MAX + 1);

/** Below this, ln of a mass that was computed as 1 − Σ p is inaccurate. */
const MASS_MIN = 2 ** -40;

export const stochastic: BeamRule<Options> = {
  name: "stochastic",
  summary:
    "Stochastic beam search: num_beams texts drawn without replacement from the model's distribution over texts, with what their inclusion probabilities are made of.",
  formula: "the num_beams largest G(y) = ln p(y) + Gumbel; P(y included | κ) = 1 − exp(−exp(ln p(y) − κ))",
  source: {
    title:
      "Kool, van Hoof and Welling, Stochastic Beams and Where to Find Them: The Gumbel-Top-k Trick for Sampling Sequences Without Replacement, 2019",
    url: "https://arxiv.org/abs/1903.06059",
  },
  options,
  example: { num_beams: 4, end_token_ids: [2], max_tokens: 64 },
  score: "chain",
  draws: true,
  width: ({ num_beams }) => num_beams + 1,
  look(row, { num_beams }) {
    const { left, search, parent } = row;
    const count = Math.min(num_beams + 1, left.candidates.count());
    const draws = Array.from({ length: count }, (_, draw) => uniformOf(search, parent, 2 * draw));
    const token_ids = left.candidates.drawEach(draws, false);
    return perturbed(row, row.ways(token_ids));
  },
  advance(ways, search, options) {
    const { next, ended, length, lost } = rivals(ways, search, options);
    // κ: the largest G of all prefixes and texts that were not selected.
    const kappa = Math.max(lost, search.carry[0] ?? Number.NEGATIVE_INFINITY);
    const carry = kappa === Number.NEGATIVE_INFINITY ? [] : [kappa];
    const is_last = length >= options.max_tokens;
    if (!is_last && next.length > 0) return { next, ended, carry, finished: false };
    const all = bestEnded([...ended, ...endingAll(next, length)], options.num_beams);
    return { next: [], ended: all, carry, finished: true };
  },
  tells({ ended, carry: [kappa] }) {
    const included = (logprob: number) => (kappa === undefined ? 1 : -expm1(-exp(logprob - kappa)));
    return {
      kappa: kappa ?? null,
      inclusion: ended.map(({ chain_logprob }) => included(chain_logprob ?? Number.NEGATIVE_INFINITY)),
    };
  },
};

/** eˣ − 1 for x ≤ 0, without cancellation near 0. */
function expm1(x: number): number {
  return x > -(2 ** -20) ? x + (x * x) / 2 : exp(x) - 1;
}

function uniformOf({ seed, step }: Search, parent: number, draw: number): number {
  return uniform("beam", seed, step, parent * ROW_DRAWS + draw);
}

/** Computes G for each draw of a row. The draws are in the order in which they were taken. */
function perturbed({ search, parent }: RowLook, ways: readonly Way[]): Way[] {
  const { score, chain_logprob } = search.beams[parent] as Search["beams"][number]; // these draws come from this row
  const above = chain_logprob ?? Number.NEGATIVE_INFINITY;
  const root = search.step === 0 ? -ln(-ln(uniformOf(search, parent, ROW_DRAWS - 1))) : score;
  let last = root;
  let left = 1;
  return ways.map((way, draw) => {
    const own = (way.chain_logprob ?? Number.NEGATIVE_INFINITY) - above;
    if (draw > 0) {
      const location = above + (left > MASS_MIN ? ln(left) : own);
      last = below(location, last, uniformOf(search, parent, 2 * draw + 1));
    }
    left -= exp(own);
    return { ...way, score: last };
  });
}

/** A Gumbel with this location, conditioned on being at most `bound`, at quantile u. */
function below(location: number, bound: number, u: number): number {
  return Math.min(bound, location - ln(exp(location - bound) - ln(u)));
}
