/**
 * rejection: speculative sampling, which accepts a token by the ratio of its probabilities in target and
 * draft.
 */
import * as z from "zod";
import { acceptEach } from "./accept-each.ts";
import type { VerifyMethod } from "./method.ts";
import { Rounds } from "./rounds.ts";

const options = z.strictObject({ method: z.literal("rejection") });

export const rejection: VerifyMethod<z.infer<typeof options>> = {
  name: "rejection",
  summary:
    "Speculative sampling: accepts a token with the ratio of its probabilities in target and draft, and replaces the first rejected token by a draw from the residual distribution. In a tree, sibling tokens are tried in order, each against the residual that the ones before it left.",
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
