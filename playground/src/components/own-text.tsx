/**
 * A typed or pasted row: its text, the form in which it was read, the selected token of a reply, and the text before
 * it.
 */
import { visit } from "../state/history.ts";
import { untaken } from "../state/request-options.ts";
import { reading, type TextSource } from "../state/signals.ts";
import { chooseText } from "../state/source.ts";
import { count } from "./format.ts";

export function OwnText({ of: { text, before, at } }: { of: TextSource }) {
  return (
    <>
      <label class="row-text">
        <span class="field-name">
          Numbers, “token: logit” lines, a tensor, a table, JSON, a reply with top_logprobs, a request
        </span>
        <textarea
          rows={6}
          spellcheck={false}
          value={text}
          onInput={(event) => void chooseText(event.currentTarget.value, { before })}
        />
      </label>
      <HowRead />
      <Position of={{ text, before, at }} />
      <label class="before-text">
        <span class="field-name">text before the token (optional)</span>
        <input
          type="text"
          value={before}
          onInput={(event) =>
            void chooseText(text, { before: event.currentTarget.value, at, with_options: false })
          }
        />
      </label>
    </>
  );
}

/** Shows the form in which the text was read, so that a misreading is visible. */
export function HowRead() {
  const read = reading.value;
  if (read === undefined) return null;
  return (
    <>
      <p class="note how-read" aria-live="polite">
        Read as {read.how}.
        {read.options !== undefined && untaken.value.length > 0 && (
          <> Not taken over: {untaken.value.join(", ")}.</>
        )}
      </p>
      {read.doubt && <p class="doubt">{read.doubt}</p>}
    </>
  );
}

/** Moves from token to token of a reply, or from row to row of a batch. */
function Position({ of: { text, before, at } }: { of: Omit<TextSource, "kind"> }) {
  const read = reading.value;
  if (read === undefined || read.positions < 2) return null;
  const go = (to: number) => {
    visit();
    void chooseText(text, { before, at: to, with_options: false });
  };
  return (
    <p class="position">
      <button type="button" disabled={at <= 0} onClick={() => go(at - 1)} aria-label="The one before">
        ←
      </button>
      <span>
        {count(read.position + 1)} of {count(read.positions)}
      </span>
      <button
        type="button"
        disabled={at >= read.positions - 1}
        onClick={() => go(at + 1)}
        aria-label="The one after"
      >
        →
      </button>
    </p>
  );
}
