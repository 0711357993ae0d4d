/** max_tokens: ends a text at its maximum length. */
import type { z } from "zod";
import { whole } from "../options/fields.ts";
import { lengthOf, type Stop } from "./stop.ts";

const options = whole({ min: 1 }).describe("Maximum number of generated tokens after `prompt_length`.");

export const max_tokens: Stop<z.infer<typeof options>> = {
  name: "max_tokens",
  finish_reason: "length",
  summary: "The maximum number of tokens was generated.",
  source: {
    title: "OpenAI, max_completion_tokens",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  options,
  example: 256,
  isDue: (max_tokens, text) => lengthOf(text) >= max_tokens,
};
