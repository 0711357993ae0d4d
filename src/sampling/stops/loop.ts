/** loop: ends a text that repeats itself, token for token. */
import * as z from "zod";
import { whole } from "../options/fields.ts";
import { type Generated, lengthOf, type Stop, tokenBefore } from "./stop.ts";

/** Together these two bound the comparisons after every draw. */
const PATTERN_SIZE_MAX = 256;
const COUNT_MAX = 32;

const options = z
  .strictObject({
    max_pattern_size: whole({ min: 1, max: PATTERN_SIZE_MAX }).describe("The longest pattern, in tokens."),
    min_pattern_size: whole({ min: 1, max: PATTERN_SIZE_MAX }).default(1).describe("The shortest pattern."),
    min_count: whole({ min: 2, max: COUNT_MAX }).describe(
      "Number of copies of a pattern that must stand at the end.",
    ),
  })
  .refine(({ min_pattern_size, max_pattern_size }) => min_pattern_size <= max_pattern_size, {
    path: ["min_pattern_size"],
    error: ({ input }) => {
      const { min_pattern_size, max_pattern_size } = input as Record<string, number>; // both were checked
      return `must be at most max_pattern_size, ${max_pattern_size}, got ${min_pattern_size}`;
    },
  })
  .describe("The tokens generated end with `min_count` copies of a pattern.");

export const loop: Stop<z.infer<typeof options>> = {
  name: "loop",
  finish_reason: "loop",
  summary:
    "The tokens generated end with min_count copies of a pattern of min_pattern_size to max_pattern_size tokens.",
  source: {
    title: "vLLM, repetition_detection",
    url: "https://github.com/vllm-project/vllm/blob/main/vllm/v1/core/sched/utils.py",
  },
  options,
  example: { max_pattern_size: 20, min_count: 4 },
  isDue({ min_pattern_size, max_pattern_size, min_count }, text) {
    const longest = Math.min(max_pattern_size, Math.floor(lengthOf(text) / min_count));
    for (let size = min_pattern_size; size <= longest; size++)
      if (isRepeated(text, size, min_count)) return true;
    return false;
  },
};

/**
 * The end consists of copies of a pattern when each of its tokens equals the one `size` positions earlier.
 */
function isRepeated(text: Generated, size: number, count: number): boolean {
  for (let i = 0; i < size * (count - 1); i++)
    if (tokenBefore(text, i) !== tokenBefore(text, i + size)) return false;
  return true;
}
