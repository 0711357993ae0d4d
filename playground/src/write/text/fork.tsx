/** Offers to continue from the selected token, with the token that the chain would draw there now. */
import { named } from "../../components/format.ts";
import { answer } from "../../state/result.ts";
import { source } from "../../state/signals.ts";
import { written } from "../sides.ts";
import { forkAt, is_writing, selected } from "../writer.ts";

/** The number of tokens that a fork writes. */
export const FORKED_TOKENS = 60;

export function Fork() {
  const index = selected.value;
  const token = written.value[index];
  const shown = answer.value;
  if (token === undefined || shown === undefined || source.value.kind !== "written" || is_writing.value)
    return null;
  if (shown.question.row !== token.row) return null;
  const now = shown.sampled.token_id;
  const is_same = now === token.token_id;
  return (
    <div class="fork">
      <p>
        Token {index + 1} is {named(token.token_id, token.text)}.{" "}
        {is_same
          ? "The chain as it is draws it again."
          : `The chain as it is now draws ${named(now, token.row.labelOf(now))}.`}
      </p>
      <button type="button" class={is_same ? "" : "main"} onClick={() => void forkAt(index, FORKED_TOKENS)}>
        Fork the text here
      </button>
    </div>
  );
}
