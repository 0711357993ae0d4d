/** strict: gives exactly the tokens that would be drawn without a draft. */
import * as z from "zod";
import type { VerifyMethod } from "./method.ts";

const options = z.strictObject({ method: z.literal("strict") });

export const strict: VerifyMethod<z.infer<typeof options>> = {
  name: "strict",
  summary:
    "Draws every position as a separate step, and continues while the draft agrees: the result is exactly the tokens that single steps give.",
  formula: "yᵢ = draw(pᵢ; seed, step + i); accept i ⇔ yᵢ = xᵢ; else yᵢ stands in its place",
  source: {
    title: "Stern et al., Blockwise Parallel Decoding for Deep Autoregressive Models, 2018",
    url: "https://arxiv.org/abs/1811.03115",
  },
  preserves: "tokens",
  options,
  readsDraft: false,
  looksAhead: false,
  *apply(walk) {
    for (;;) {
      const { token_id } = yield* walk.take();
      if (!walk.follow(token_id) || walk.is_finished) return;
    }
  },
};
