/**
 * The history is read differently: without its last token, without the prompt, or without the generated tokens.
 */
import type { TokenIds } from "../../../vocabulary/vocabulary.ts";
import type { StepOptions } from "../../step.ts";
import { type Explanation, type Proposal, running } from "../explanation.ts";

export const other_history: Explanation = {
  name: "other_history",
  summary: "Some tokens of the history do not count.",
  propose(step) {
    const looking = running(step).find(({ stage }) => stage.looksBack);
    const { history, prompt_length } = step;
    if (looking === undefined || history.length === 0) return [];
    const only = (words: string, ids: TokenIds, length: number): Proposal => ({
      kind: "scope",
      stage: looking.stage.name,
      says: `as if ${words}`,
      changed: withHistory(step, ids, length),
    });
    return [
      only(
        "the last token of the history did not count yet",
        history.slice(0, -1),
        Math.min(prompt_length, history.length - 1),
      ),
      only("the first token of the history did not count", history.slice(1), Math.max(0, prompt_length - 1)),
      ...(prompt_length > 0 && prompt_length < history.length
        ? [
            only("only the prompt counted", history.slice(0, prompt_length), prompt_length),
            only("only generated tokens counted", history.slice(prompt_length), 0),
          ]
        : []),
      only("each token of the history counted once", [...new Set(history)], 0),
    ];
  },
};

function withHistory(step: StepOptions, history: TokenIds, prompt_length: number): StepOptions {
  return { ...step, history, prompt_length, prepared: undefined };
}
