/** reasoning_budget: ends a block of reasoning that is too long, by forcing a message that closes it. */

import * as z from "zod";
import type { TokenIds } from "../../vocabulary/vocabulary.ts";
import { maskOf } from "../candidates/mask.ts";
import { idsOf } from "../history/token-names.ts";
import { endsWith, isSpelt, type Sought, soughtIn } from "../history/token-sequences.ts";
import { oneOf, whole } from "../options/fields.ts";
import { tokenNameList, tokenSequence } from "../options/sequence-fields.ts";
import type { Stage } from "../stage.ts";

/** Longest start or end mark of a block. Each may be compared at every token of a history. */
const MARK_LENGTH_MAX = 64;

const options = z.strictObject({
  stage: z.literal("reasoning_budget"),
  reasoning_budget: whole({ min: -1 }).describe(
    "How many tokens a block of reasoning may hold. 0 ends each as soon as it begins, -1 is off.",
  ),
  reasoning_start_ids: tokenSequence(MARK_LENGTH_MAX).describe(
    "The tokens that begin a block, such as that of <think>. Each occurrence begins a block with the whole budget.",
  ),
  reasoning_end_ids: tokenSequence(MARK_LENGTH_MAX).describe(
    "The tokens with which a block ends by itself, such as that of </think>.",
  ),
  reasoning_forced_ids: tokenNameList()
    .optional()
    .describe(
      "The tokens that are forced one after another when the budget is spent: a message and the end. Default reasoning_end_ids, unless those are a text of several tokens.",
    ),
  reasoning_scope: oneOf(["history", "generated"])
    .default("history")
    .describe(
      "`history`: a block may begin in the prompt; `generated`: only tokens after `prompt_length` count.",
    ),
});

export const reasoning_budget: Stage<z.infer<typeof options>> = {
  name: "reasoning_budget",
  summary:
    "Counts the tokens of a block of reasoning, and when the budget is spent forces a message that ends it; a new block has a new budget.",
  formula: "keep i ⇔ i = forced(k), once budget + k tokens follow the start of an open block",
  source: {
    title: "llama.cpp, common/reasoning-budget.h",
    url: "https://github.com/ggml-org/llama.cpp/blob/master/common/reasoning-budget.h",
  },
  options,
  example: {
    reasoning_budget: 512,
    reasoning_start_ids: [3],
    reasoning_end_ids: [4],
    reasoning_forced_ids: [13, 4],
  },
  keepsArgmax: false,
  isNeutral: ({ reasoning_budget }) => reasoning_budget === -1,
  apply(candidates, options, context) {
    const { reasoning_forced_ids, reasoning_end_ids: end } = options;
    const forced =
      reasoning_forced_ids === undefined
        ? idsOf(isSpelt(end) ? [end.text] : end, context, "/reasoning_end_ids")
        : idsOf(reasoning_forced_ids, context, "/reasoning_forced_ids");
    const first = options.reasoning_scope === "generated" ? context.prompt_length : 0;
    const marks = {
      budget: options.reasoning_budget,
      start: soughtIn(options.reasoning_start_ids, context, "/reasoning_start_ids"),
      end: soughtIn(end, context, "/reasoning_end_ids"),
    };
    const place = placeInForced(context.history, first, marks, forced.length);
    if (place >= 0) candidates.keepMask(maskOf([forced[place]!]));
  },
};

interface Marks {
  readonly budget: number;
  readonly start: Sought;
  readonly end: Sought;
}

/**
 * Reads history[first …] from its beginning, and returns the index of the forced token that is due; −1 when none is.
 * While tokens are forced, each token counts as one of them. A mark counts only as a whole, so none of its tokens belongs
 * to the text before it.
 */
function placeInForced(
  history: TokenIds,
  first: number,
  { budget, start, end }: Marks,
  forced_length: number,
): number {
  let since = first;
  let is_inside = false;
  for (let i = first; i < history.length; i++) {
    if (!is_inside) {
      if (!endsWith(start, history, since, i + 1)) continue;
      is_inside = true;
      since = i + 1;
    } else if (endsWith(end, history, since, i + 1)) {
      is_inside = false;
      since = i + 1;
      continue;
    }
    const is_spent = is_inside && i + 1 - since >= budget;
    if (!is_spent) continue;
    const spent = history.length - (i + 1);
    if (spent < forced_length) return spent;
    i += forced_length;
    is_inside = false;
    since = i + 1;
  }
  return -1;
}
