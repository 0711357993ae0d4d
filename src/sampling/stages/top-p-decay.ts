/** top_p_decay: a top-p that shrinks with every generated token, until a reset token restores it. */
import * as z from "zod";
import { exp, ln } from "../../kernels/float64.ts";
import type { StepContext } from "../context.ts";
import { finite } from "../options/fields.ts";
import { type TokenSet, tokenSet } from "../options/token-set.ts";
import type { Stage } from "../stage.ts";
import { top_p, options as topPOptions } from "./top-p.ts";

const { stage: _, top_p: mass, ...variants } = topPOptions.shape;

const options = z.strictObject({
  stage: z.literal("top_p_decay"),
  top_p_decay: finite({ min: 0, openMin: true, max: 1 }).describe(
    "Factor of top_p for every token generated since the last of top_p_reset_ids. 1 is off. Usual: 0.9 to 0.99.",
  ),
  top_p_min: finite({ min: 0, openMin: true, max: 1 })
    .default(1e-6)
    .describe("The minimum of the shrunken top_p."),
  top_p_reset_ids: tokenSet()
    .optional()
    .describe("Tokens after which top_p has its initial value again, such as a line break. Default none."),
  top_p: mass.default(1).describe(mass.description ?? ""),
  ...variants,
});

export const top_p_decay: Stage<z.infer<typeof options>> = {
  name: "top_p_decay",
  summary:
    "Top-p whose p falls with the length of the text, and starts again after given tokens. Takes the place of top_p; needs `history`.",
  formula:
    "top_p with p = n = 0 ? top_p : max(top_p · decayⁿ, min), n tokens generated since the last of reset_ids",
  source: {
    title:
      "Lee et al., Factuality Enhanced Language Models for Open-Ended Text Generation, 2022 (factual nucleus); as in TensorRT-LLM, pyexecutor/sampler/top_p_decay.py",
    url: "https://arxiv.org/abs/2206.04624",
  },
  options,
  example: { top_p_decay: 0.98, top_p: 0.95, top_p_min: 0.5, top_p_reset_ids: [13] },
  replaces: ["top_p"],
  keepsArgmax: true,
  isNeutral: ({ top_p_decay, top_p }) => top_p_decay === 1 && top_p === 1,
  apply(candidates, options, context) {
    const n = tokensSinceReset(context, options.top_p_reset_ids?.of(context, "/top_p_reset_ids"));
    const p =
      n === 0 ? options.top_p : Math.max(options.top_p * exp(n * ln(options.top_p_decay)), options.top_p_min);
    if (p < 1) top_p.apply(candidates, { ...options, stage: "top_p", top_p: p }, context);
  },
};

/** The number of tokens generated since the last reset token; all of them when there was none. */
function tokensSinceReset({ history, prompt_length }: StepContext, reset_ids: TokenSet | undefined): number {
  let i = history.length;
  if (reset_ids === undefined) return i - prompt_length;
  while (i > prompt_length && !reset_ids.has(history[i - 1]!)) i--;
  return history.length - i;
}
