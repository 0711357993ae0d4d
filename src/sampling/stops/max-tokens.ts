/** max_tokens: the text is as long as it may get. */
import type { z } from "zod";
import { whole } from "../options/fields.ts";
import { lengthOf, type Stop } from "./stop.ts";

const options = whole({ min: 1 }).describe("How many tokens may be generated behind `prompt_length`.");

export const max_tokens: Stop<z.infer<typeof options>> = {
  name: "max_tokens",
  finish_reason: "length",
  summary: "So many tokens were generated.",
  source: {
    title: "OpenAI, max_completion_tokens",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  options,
  example: 256,
  isDue: (max_tokens, text) => lengthOf(text) >= max_tokens,
};
