/** gumbel and dual_key_gumbel: the token with the largest score + Gumbel noise, with noise from a key and the context. */
import * as z from "zod";
import { ln } from "../../../kernels/float64.ts";
import type { Noise } from "../../../kernels/kernel.ts";
import { gammaQ, harmonic } from "../../../kernels/special.ts";
import { twoGammasTail } from "../../../kernels/two-gammas.ts";
import { heldByNoise } from "../gumbel.ts";
import { alpha, contextWidth, keyId, repeats } from "./fields.ts";
import { type KeyWords, type WatermarkKey, wordsOf } from "./keys.ts";
import { noiseIn, uniformIn } from "./prf.ts";
import type { Detector, MarkedStep, WatermarkScheme } from "./scheme.ts";

const options = z.strictObject({
  scheme: z.literal("gumbel"),
  key: keyId(),
  context_width: contextWidth(4),
  ...repeats(),
});

const SOURCE = {
  title:
    "Aaronson, Watermarking of Large Language Models, talk at the Simons Institute, 17 August 2023, as vLLM 0.33 has it",
  url: "https://docs.vllm.ai/en/latest/features/watermarking.html",
};

/** Work per token: two Philoxes and the code around them. */
const TOKEN_WORK = 256;
const VERDICT_WORK = 2048;
/** Work of an integral of eighty tails. */
const DUAL_VERDICT_WORK = 65_536;

export const gumbel_mark: WatermarkScheme<z.infer<typeof options>> = {
  name: "gumbel",
  summary:
    "The token with the largest score + Gumbel noise; the key and the preceding tokens decide the noise.",
  formula:
    "argmaxᵢ sᵢ − ln(−ln uᵢ), uᵢ = f32(((w >> 8) + 1) / (2²⁴ + 1)), w of Philox4x32-10(key, context, i)",
  test: "Σ −ln(1 − u) ~ Gamma(n, 1)",
  source: SOURCE,
  options,
  example: { key: "main" },
  keepsDistribution: true,
  passes: () => 8,
  context: ({ context_width }) => ({ width: context_width, padding: -1, of_prompt: false }),
  draw: (candidates, _options, key, { context }) => candidates.noisiest(noiseIn(key.words, context)),
  targetNoise: (_options, { words }, context) => noiseIn(words, context),
  expected: (probability) => ({ marked: harmonic(1 / probability), unmarked: 1 }),
  hold: (candidates, token_id, _options, key, { context }) =>
    heldByNoise(candidates, token_id, noiseIn(key.words, context)),
  detector: (_options, { words }) => detectorOf([{ words, weight: 1 }]),
};

const dual_options = z.strictObject({
  scheme: z.literal("dual_key_gumbel"),
  key: keyId(),
  alpha: alpha(),
  context_width: contextWidth(4),
  ...repeats(),
});

export const dual_key_gumbel: WatermarkScheme<z.infer<typeof dual_options>> = {
  name: "dual_key_gumbel",
  summary:
    "gumbel with one of two keys, both derived from the configured one: the second with probability alpha, token by token.",
  formula:
    "as gumbel, with key_b where u < α and key_a elsewhere; key_x = first 8 bytes of SHA-256(“key_x” ‖ key)",
  test: "Σ (1 − α)·(−ln(1 − uₐ)) + α·(−ln(1 − u_b)) ~ (1 − α)·X + α·Y, X and Y ~ Gamma(n, 1), independent",
  source: SOURCE,
  options: dual_options,
  example: { key: "main" },
  keepsDistribution: true,
  passes: () => 8,
  context: ({ context_width }) => ({ width: context_width, padding: -1, of_prompt: false }),
  draw: (candidates, { alpha }, key, marked) => candidates.noisiest(dualNoise(key, alpha, marked)),
  // The drafter marks with the first key, as in vLLM: the noise that chose the draft must not choose its replacement.
  targetNoise: (_options, key, context) => noiseIn(pairOf(key)[1], context),
  // The key that drew the token has the larger weighted value; the mean of the other's is 1.
  expected: (probability, { alpha }) => ({
    marked: 1 + ((1 - alpha) * (1 - alpha) + alpha * alpha) * (harmonic(1 / probability) - 1),
    unmarked: 1,
  }),
  hold: (candidates, token_id, { alpha }, key, marked) =>
    heldByNoise(candidates, token_id, dualNoise(key, alpha, marked)),
  detector({ alpha }, key) {
    const [first, second] = pairOf(key);
    const keys = [
      { words: first, weight: 1 - alpha },
      { words: second, weight: alpha },
    ];
    const variance = (1 - alpha) * (1 - alpha) + alpha * alpha;
    return {
      ...detectorOf(keys.filter(({ weight }) => weight > 0)),
      verdict_work: DUAL_VERDICT_WORK,
      judge(values, count) {
        const score = sumOf(values, count);
        return {
          score,
          p_value: twoGammasTail(count, 1 - alpha, alpha, score),
          p_value_two_moments: gammaQ(count / variance, score / variance),
        };
      },
    };
  },
};

function dualNoise(key: WatermarkKey, alpha: number, { context, step }: MarkedStep): Noise {
  const [first, second] = pairOf(key);
  return noiseIn(step.uniform("watermark") < alpha ? second : first, context);
}

function pairOf(key: WatermarkKey): readonly [KeyWords, KeyWords] {
  return key.once("pair", () => [wordsOf(key.derived("key_a")), wordsOf(key.derived("key_b"))] as const);
}

/** Values are −ln(1 − u), weighted when there are several keys. */
function detectorOf(keys: readonly { readonly words: KeyWords; readonly weight: number }[]): Detector {
  return {
    counts: "contexts",
    counts_partial: true,
    token_work: TOKEN_WORK * keys.length,
    verdict_work: VERDICT_WORK,
    value(context, token_id) {
      let value = 0;
      for (let i = 0; i < keys.length; i++)
        value -= keys[i]!.weight * ln(1 - uniformIn(keys[i]!.words, context, token_id));
      return value;
    },
    judge(values, count) {
      const score = sumOf(values, count);
      return { score, p_value: gammaQ(count, score) };
    },
  };
}

function sumOf(values: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]!;
  return sum;
}
