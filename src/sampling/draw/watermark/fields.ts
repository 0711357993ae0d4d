/** The options that schemes share, with their descriptions. */
import * as z from "zod";
import { finite, flag, oneOf, rule, whole } from "../../options/fields.ts";
import { KEY_ID, KEY_ID_RULE } from "./keys.ts";

export const CONTEXT_WIDTH_MAX = 64;

export function keyId() {
  return z
    .string(rule(KEY_ID_RULE))
    .regex(KEY_ID, rule(KEY_ID_RULE))
    .describe("Id of a configured key. The key itself is never sent.");
}

export function contextWidth(standard: number) {
  return whole({ min: 1, max: CONTEXT_WIDTH_MAX })
    .default(standard)
    .describe("Number of preceding tokens that decide a token's randomness.");
}

export function alpha() {
  return finite({ min: 0, max: 1 }).default(0.1).describe("Share of the tokens that the second key marks.");
}

/** The behaviour of a step in a context that occurred before. */
export function repeats(standard: "single_turn" | "all" | "none" = "single_turn", look_back = 8192) {
  return {
    repeated_contexts: oneOf(["single_turn", "all", "none"])
      .default(standard)
      .describe(
        "A repeated context is drawn without the watermark: `single_turn`, repeated among the generated tokens; `all`, also in the prompt; the first context_width tokens are then not marked; `none`, repeats are marked.",
      ),
    look_back: whole({ min: 1, max: 1_048_576 })
      .default(look_back)
      .describe("Number of last tokens in which repeats are searched."),
    expected: flag()
      .default(false)
      .describe("Report the mean value of a token with this probability, marked and unmarked."),
  };
}
