/** The prompt, the model's state, and the buttons. */

import { Says } from "../components/says.tsx";
import { Constrain } from "../grammar/constrain.tsx";
import { GrammarCheck } from "../grammar/grammar-check.tsx";
import { SpeculationChoice } from "../speculate/speculation-choice.tsx";
import { source } from "../state/signals.ts";
import { chooseExample } from "../state/source.ts";
import { WatermarkChoice } from "../watermark/watermark-choice.tsx";
import { Beside } from "./beside.tsx";
import { model } from "./model.ts";
import { ModelLine } from "./model-line.tsx";
import { other_side, written } from "./sides.ts";
import {
  amount,
  beginAnew,
  is_writing,
  prompt,
  replaying,
  stopWriting,
  write,
  writing_problem,
  written_prompt,
} from "./writer.ts";

const AMOUNTS = [1, 20, 60, 200];

export function WritePanel() {
  return (
    <section class="panel write-panel" aria-labelledby="write-title">
      <div class="panel-head">
        <h2 id="write-title">Model</h2>
        <span class="aside">runs here, in the browser</span>
      </div>
      <ModelLine />
      <label class="row-text">
        <span class="field-name">Prompt</span>
        <textarea
          rows={3}
          value={prompt.value}
          onInput={(event) => {
            prompt.value = event.currentTarget.value;
          }}
        />
      </label>
      <Actions />
      <Constrain />
      <GrammarCheck />
      <div class="choices">
        <WatermarkChoice />
        <SpeculationChoice />
      </div>
      <Beside />
      <Replay />
      {writing_problem.value && <Says problem={writing_problem.value} />}
    </section>
  );
}

/** Shows what the text of a link is waiting for. */
function Replay() {
  const replay = replaying.value;
  if (replay === undefined) return null;
  return (
    <p class="note" aria-live="polite">
      The text of the link is written again: {replay.done} of {replay.tokens} tokens.
    </p>
  );
}

function Actions() {
  const is_ready = model.value.kind === "ready";
  const goes_on = written.value.length > 0 && written_prompt.value === prompt.value;
  return (
    <div class="write-actions">
      {is_writing.value ? (
        <button type="button" class="main" onClick={stopWriting}>
          Stop
        </button>
      ) : (
        <button
          type="button"
          class="main"
          disabled={!is_ready}
          title="Ctrl+Enter"
          aria-keyshortcuts="Control+Enter"
          onClick={() => void write(amount.value)}
        >
          {goes_on ? "Write on" : "Write"}
        </button>
      )}
      <label>
        <span class="unseen">How many tokens</span>
        <select
          value={amount.value}
          onChange={(event) => {
            amount.value = Number(event.currentTarget.value);
          }}
        >
          {AMOUNTS.map((n) => (
            <option key={n} value={n}>
              {n === 1 ? "1 token" : `${n} tokens`}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        disabled={(written.value.length === 0 && !other_side.value?.written.length) || is_writing.value}
        onClick={() => {
          beginAnew();
          // the row belongs to a token that no longer exists
          if (source.value.kind === "written") void chooseExample("ship", false);
        }}
      >
        Begin anew
      </button>
    </div>
  );
}
