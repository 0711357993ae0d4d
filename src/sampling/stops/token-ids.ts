/** token_ids: ends a text with one of some tokens, such as the model's end-of-text token. */
import type { z } from "zod";
import { inAnyRow } from "../history/token-names.ts";
import { type TokenSet, tokenSet } from "../options/token-set.ts";
import type { Stop } from "./stop.ts";

const options: z.ZodType<TokenSet> = tokenSet().describe("The text ends with any of these tokens.");

export const token_ids: Stop<z.infer<typeof options>> = {
  name: "token_ids",
  finish_reason: "stop_token",
  summary: "The token is one of those listed.",
  source: {
    title: "vLLM, stop_token_ids",
    url: "https://docs.vllm.ai/en/latest/api/vllm/sampling_params.html",
  },
  options,
  example: [2],
  isDue: (token_ids, { token_id, vocabulary }) =>
    token_ids.of(inAnyRow({ vocabulary }), "/stop/token_ids").has(token_id),
};
