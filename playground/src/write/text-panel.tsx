/** The text, a button for each token: tinted by how unlikely it was, and open to a look at its step. */

import { named, visible } from "../components/format.ts";
import { visit } from "../state/history.ts";
import { answer } from "../state/result.ts";
import { source } from "../state/signals.ts";
import {
  forkAt,
  is_writing,
  model,
  prompt,
  selected,
  selectToken,
  type Written,
  written,
  written_prompt,
} from "./writer.ts";

const FORKED_TOKENS = 60;

export function TextPanel() {
  const tokens = written.value;
  return (
    <section class="panel text-panel" aria-labelledby="text-title">
      <div class="panel-head">
        <h2 id="text-title">Text</h2>
        <span class="aside">the stronger a tint, the less likely the token; press one to see its step</span>
      </div>
      <p class="text" aria-busy={is_writing.value}>
        <span class="text-prompt">{written_prompt.value ?? prompt.value}</span>
        {tokens.map((token, i) => (
          // a token has no other identity than its place in the text
          <TokenButton key={`${i}-${token.token_id}`} token={token} index={i} />
        ))}
        {is_writing.value && <span class="caret" aria-hidden="true" />}
      </p>
      {tokens.length === 0 && (
        <p class="note">
          {model.value.kind === "ready"
            ? "Press Write, or Ctrl+Enter: the service draws each token from the model's own logits, and its step opens below."
            : "The model is on its way: 24 MB, once. It writes here, and each token's step opens below."}
        </p>
      )}
      <Fork />
    </section>
  );
}

function TokenButton({ token, index }: { token: Written; index: number }) {
  const surprise = Math.min(1, -Math.log2(Math.max(token.probability, 1e-9)) / 12);
  // the space before a word stands outside of its button, so that lines break there as in any text
  const blank = /^\s*/.exec(token.text)?.[0] ?? "";
  const word = token.text.slice(blank.length);
  return (
    <>
      {word !== "" && blank}
      <button
        type="button"
        class="text-token"
        aria-pressed={selected.value === index}
        aria-label={`${visible(token.text)}, token ${index + 1}`}
        style={{ "--surprise": String(Math.round(100 * surprise) / 100) }}
        onClick={() => {
          visit();
          selectToken(index);
        }}
      >
        {word === "" ? visible(token.text) : word}
      </button>
      {word === "" && blank}
    </>
  );
}

/** Offered for the token that is looked at, with what the chain would draw there now. */
function Fork() {
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
