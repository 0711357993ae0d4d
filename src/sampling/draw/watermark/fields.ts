/** The options that schemes share, each with its sentence. */
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
    .describe("How many tokens before it decide a token's randomness.");
}

export function alpha() {
  return finite({ min: 0, max: 1 }).default(0.1).describe("Part of the tokens that the second key marks.");
}

/** What a step does in a context that its text has had. */
export function repeats(standard: "single_turn" | "all" | "none" = "single_turn", look_back = 8192) {
  return {
    repeated_contexts: oneOf(["single_turn", "all", "none"])
      .default(standard)
      .describe(
        "A context that came before is drawn without the mark: `single_turn`, among the generated tokens; `all`, the prompt's too, and the first context_width tokens bear none; `none`: repeats are marked.",
      ),
    look_back: whole({ min: 1, max: 1_048_576 })
      .default(look_back)
      .describe("Over how many of the last tokens repeats are looked for."),
    expected: flag()
      .default(false)
      .describe("Tell what value a token drawn with this probability has on average, marked and unmarked."),
  };
}
