/**
 * gumbel: the token with the largest score + Gumbel noise. Each token has its own noise from seed, step and token id.
 * Two models, or two runs, that share a seed share the noise: they draw alike wherever their scores are alike.
 */
import * as z from "zod";
import { gumbelOf, type Noise, uniformOf } from "../../kernels/kernel.ts";
import type { Candidates } from "../candidates/candidates.ts";
import type { StepContext } from "../context.ts";
import { oneOf } from "../options/fields.ts";
import type { DrawRule, Held } from "./draw-rule.ts";
import { heldBy, ranked, type Totals } from "./totals.ts";
import { noisiestByVllm, vllmTotals } from "./vllm-noise.ts";

const options = z.strictObject({
  rule: z.literal("gumbel"),
  variant: oneOf(["own", "vllm"])
    .default("own")
    .describe(
      "Source of the noise: `own`, Philox4x32-10 in float64; `vllm`, that of vLLM's model runner V2 with `step` as its position (murmur3, float32).",
    ),
});

type Options = z.infer<typeof options>;

/** "GUMB": keeps this use of a seed separate from every other use of Philox. */
const DOMAIN = 0x47554d42;
const TWO_32 = 4294967296;

/** The noise of a step's draw: key = seed, the lower half xor "GUMB"; counter = (id >> 2, step, step >> 32, draw). */
function noiseOfStep({ seed, step }: Pick<StepContext, "seed" | "step">, draw: number): Noise {
  const key = BigInt.asUintN(64, BigInt(seed));
  const low = Number(key & 0xffffffffn);
  return {
    counter: [step % TWO_32, Math.floor(step / TWO_32), draw],
    key: [(low ^ DOMAIN) >>> 0, Number(key >> 32n)],
    coarse: false,
  };
}

/** Number of reported totals, enough to see how near the next ones were. */
const TOLD = 3;

export const gumbel: DrawRule<Options> = {
  name: "gumbel",
  summary:
    "The token with the largest score + Gumbel noise; every token has its own noise from seed, step and id.",
  formula: "argmaxᵢ sᵢ − ln(−ln uᵢ), uᵢ of Philox4x32-10(seed, step, i)",
  source: {
    title:
      "Maddison, Tarlow and Minka, A* Sampling, 2014; Kool et al., Stochastic Beams, 2019 (without replacement)",
    url: "https://arxiv.org/abs/1411.0030",
  },
  options,
  example: {},
  needs: ["seed", "step"],
  leaves: "gumbel",
  passes: 8,
  refuses: ({ variant }, { n, replacement }) =>
    variant === "vllm" && n > 1 && replacement
      ? `the noise of variant "vllm" is one a step: n must be 1 or replacement false, got ${n} draws with replacement`
      : undefined,
  draw(candidates, { variant }, context, { n, replacement }) {
    if (n > 1 && !replacement) return noisiestN(totalsOf(candidates, variant, context), n);
    return Array.from({ length: n }, (_, draw) =>
      variant === "own"
        ? candidates.noisiest(noiseOfStep(context, draw))
        : noisiestByVllm(candidates.all(), context),
    );
  },
  account(tracer, _token_id, { variant }, context) {
    const totals = totalsIn(tracer.left(), variant, context);
    return {
      best: ranked(totals, TOLD).map((i) => ({ token_id: totals.token_ids[i]!, total: totals.totals[i]! })),
    };
  },
  hold: (candidates, token_id, { variant }, context) =>
    variant === "own"
      ? heldByNoise(candidates, token_id, noiseOfStep(context, 0))
      : heldBy(totalsOf(candidates, variant, context), token_id),
};

type Listed = ReturnType<Candidates["all"]>;

function totalsOf(candidates: Candidates, variant: Options["variant"], context: StepContext): Totals {
  return totalsIn(candidates.all(), variant, context);
}

function totalsIn(listed: Listed, variant: Options["variant"], context: StepContext): Totals {
  return variant === "own" ? totalsWith(listed, noiseOfStep(context, 0)) : vllmTotals(listed, context);
}

/** The scores of a list with noise added. */
function totalsWith(listed: Listed, noise: Noise): Totals {
  const { token_ids, scores, count } = listed;
  const uniforms = listed.uniforms(noise);
  const totals = new Float64Array(count);
  for (let i = 0; i < count; i++) totals[i] = scores[i]! + gumbelOf(uniforms[i]!);
  return { token_ids, totals, count };
}

function noisiestN(totals: Totals, n: number): number[] {
  return ranked(totals, n).map((i) => totals.token_ids[i]!);
}

/**
 * How a token relates to a draw by noise, without computing every token's total. A drawn token is excluded for the
 * comparison.
 */
export function heldByNoise(candidates: Candidates, claimed: number, noise: Noise): Held {
  const totalOf = (id: number) => candidates.keptScoreOf(id) + gumbelOf(uniformOf(noise, id));
  const token_id = candidates.noisiest(noise);
  const own = totalOf(claimed);
  if (token_id !== claimed) return { token_id, margin: own - totalOf(token_id) };
  if (candidates.count() === 1) return { token_id, margin: Number.POSITIVE_INFINITY };
  candidates.setScore(claimed, Number.NEGATIVE_INFINITY);
  return { token_id, margin: own - totalOf(candidates.noisiest(noise)) };
}
