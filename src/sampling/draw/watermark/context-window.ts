/** The tokens that decide a watermark, and a test whether they occurred before. */
import type { TokenIds } from "../../../vocabulary/vocabulary.ts";
import type { StepContext } from "../../context.ts";
import type { ContextRule, MarkOptions } from "./scheme.ts";

type Sequence = Pick<StepContext, "sent_history" | "prompt_length">;

/**
 * The last `width` tokens of a sequence that begins at `begin`, up to `end`, oldest first; padding fills a shorter
 * sequence.
 */
export function contextAt(
  tokens: ArrayLike<number>,
  begin: number,
  end: number,
  padding: number,
  to: Int32Array,
): Int32Array {
  for (let i = 0; i < to.length; i++) {
    const at = end - to.length + i;
    to[i] = at < begin ? padding : tokens[at]!;
  }
  return to;
}

/** The context of the next token; undefined when the step is not marked. */
export function contextOf(
  { sent_history: history, prompt_length }: Sequence,
  { width, padding, of_prompt }: ContextRule,
  { repeated_contexts, look_back }: Pick<MarkOptions, "repeated_contexts" | "look_back">,
): Int32Array | undefined {
  const end = history.length;
  if (of_prompt && end < width) return undefined;
  const context = contextAt(history, of_prompt ? 0 : prompt_length, end, padding, new Int32Array(width));
  if (repeated_contexts === "none") return context;
  const all = repeated_contexts === "all";
  if (all && end - prompt_length < width) return undefined;
  const begin = all || of_prompt ? 0 : prompt_length;
  return cameBefore(history, begin, Math.max(begin, end - look_back), context, padding) ? undefined : context;
}

/** True when an earlier token of the sequence, from position `first` on, had this context. */
function cameBefore(
  tokens: TokenIds,
  begin: number,
  first: number,
  context: Int32Array,
  padding: number,
): boolean {
  const { length } = context;
  const last = context[length - 1]!;
  for (let place = first; place < tokens.length; place++) {
    if ((place > begin ? tokens[place - 1]! : padding) !== last) continue;
    let i = length - 2;
    while (i >= 0) {
      const at = place - length + i;
      if ((at < begin ? padding : tokens[at]!) !== context[i]) break;
      i--;
    }
    if (i < 0) return true;
  }
  return false;
}
