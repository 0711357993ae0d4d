/** rejection: speculative sampling, which accepts by the ratio of target and draft. */
import * as z from "zod";
import { acceptEach } from "./accept-each.ts";
import type { VerifyMethod } from "./method.ts";
import { Rounds } from "./rounds.ts";

const options = z.strictObject({ method: z.literal("rejection") });

export const rejection: VerifyMethod<z.infer<typeof options>> = {
  name: "rejection",
  summary:
    "Speculative sampling: accepts a token with the ratio of its probabilities in target and draft, and draws from what the draft lacks in place of the first that it rejects. In a tree, tokens that may come next are tried in order, each against what the ones before it have left.",
  formula:
    "accept xᵢ ⇔ u·qᵢ(xᵢ) < pᵢ(xᵢ); else pᵢ ← norm(max(pᵢ − qᵢ, 0)) for the next of its siblings, and behind the last yᵢ ~ pᵢ",
  source: {
    title: "Leviathan et al., Fast Inference from Transformers via Speculative Decoding, 2023",
    url: "https://arxiv.org/abs/2211.17192",
  },
  preserves: "distribution",
  options,
  readsDraft: true,
  looksAhead: false,
  apply: (walk) =>
    acceptEach(walk, ({ candidates, context, mark, drafted }) => {
      const rounds = new Rounds(candidates);
      return drafted.find((each) => rounds.accepts(each)) ?? rounds.draw(context, mark);
    }),
};
