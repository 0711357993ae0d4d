/**
 * banned_strings: takes back the tokens of a string that must not occur, and draws again without the token that
 * began it.
 */
import * as z from "zod";
import { Problem } from "../../errors.ts";
import type { StepContext } from "../context.ts";
import { requireVocabulary } from "../history/step-text.ts";
import { byteStrings, type Ended, endedString, STRING_TOKENS_MAX } from "../history/strings.ts";
import { listOf } from "../options/counted-fields.ts";
import { flag, isTokenId, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

/** Maximum number of banned tokens within the reach of one string. */
const BANS_MAX = 4096;

const options = z.strictObject({
  stage: z.literal("banned_strings"),
  banned_strings: byteStrings().describe(
    "Strings that the generated text must not have. Needs a `vocabulary`. When a token completes one, the reply says in `rewind` how many tokens to take back, including this one. Then repeat the step of the first of them. A stream rewinds by itself.",
  ),
  banned_ignore_case: flag().default(false).describe("Ignore the case of ASCII letters, as koboldcpp does."),
});
type Options = z.infer<typeof options>;

/** A token that may not be drawn at a position of the history, because it began a banned string there. */
const state = z.strictObject({
  banned: listOf(
    z.strictObject({
      at: whole({ min: 0 }),
      token_id: whole({ min: 0 }).refine(isTokenId, "must be a token id"),
    }),
    { noun: "tokens with their places", max: BANS_MAX },
  ),
});
type State = z.infer<typeof state>;

export const banned_strings: Stage<Options> = {
  name: "banned_strings",
  summary:
    "Removes the tokens of a banned string from the text, and draws again at its beginning, with the same randomness and without the token that began it.",
  formula: "drop i ⇔ i began a banned string at this place before",
  source: {
    title: "koboldcpp, banned strings (anti-slop); Paech, antislop-sampler, 2024",
    url: "https://github.com/sam-paech/antislop-sampler",
  },
  options,
  example: { banned_strings: ["a testament to"] },
  keepsArgmax: false,
  comesFirst: true,
  readsText: true,
  isNeutral: ({ banned_strings }) => banned_strings.length === 0,
  apply(candidates, _options, context) {
    requireVocabulary(context, "banned_strings");
    const { banned } = context.stateOf("banned_strings") as State; // state.schema has checked it
    for (const { at, token_id } of banned)
      if (at === context.history.length && token_id < context.vocab_size)
        candidates.setScore(token_id, Number.NEGATIVE_INFINITY);
  },
  tells(options, context, token_id) {
    const ended = endedIn(options, context, token_id);
    return ended && { rewind: ended.tokens };
  },
  state: {
    schema: state,
    initial: (): State => ({ banned: [] }),
    outlivesRewind: true,
    next(state, options, { token_id, context }) {
      const { banned } = state as State; // as above
      const ended = endedIn(options, context, token_id);
      const place = context.history.length;
      // No string reaches further back.
      if (ended === undefined) return { banned: banned.filter(({ at }) => at > place - STRING_TOKENS_MAX) };
      const at = place + 1 - ended.tokens;
      const first = ended.tokens === 1 ? token_id : context.history[at]!;
      // Bans at later positions belong to another beginning of the text.
      const next = [...banned.filter((each) => each.at <= at), { at, token_id: first }];
      if (next.length > BANS_MAX)
        throw new Problem(
          "limit_exceeded",
          `a text may turn down at most ${BANS_MAX} tokens within ${STRING_TOKENS_MAX} places, got more`,
          "/banned_strings",
        );
      return { banned: next };
    },
  },
};

function endedIn(
  { banned_strings, banned_ignore_case }: Options,
  context: StepContext,
  token_id: number,
): Ended | undefined {
  const { history, prompt_length } = context;
  const vocabulary = requireVocabulary(context, "banned_strings");
  const written = { vocabulary, history, prompt_length, token_id };
  return endedString(banned_strings, written, { ignore_case: banned_ignore_case });
}
