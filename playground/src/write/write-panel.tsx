/** The prompt, the model's state, and what can be done with the two. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Says } from "../components/says.tsx";
import {
  is_writing,
  loadModel,
  model,
  pace,
  prompt,
  stopLoading,
  stopWriting,
  write,
  writing_problem,
  written,
  written_prompt,
} from "./writer.ts";

const AMOUNTS = [1, 20, 60, 200];

export function WritePanel() {
  useEffect(() => {
    if (model.peek().kind === "absent") void loadModel();
  }, []);
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
      {writing_problem.value && <Says problem={writing_problem.value} />}
    </section>
  );
}

function ModelLine() {
  const state = model.value;
  if (state.kind === "ready")
    return (
      <p class="note">
        6.9 million parameters and 8,192 tokens, trained on old novels. Each of its rows goes to the service,
        which draws the token{pace.value > 0 ? `: ${pace.value.toFixed(1)} tokens a second` : ""}.
      </p>
    );
  if (state.kind === "loading") {
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
    return (
      <div class="model-loading">
        <progress max={state.total || 1} value={state.loaded} aria-label="Loading the model" />
        <p class="note">
          {state.total > 0 && state.loaded >= state.total
            ? "Starting the model…"
            : `Loading the model: ${megabytes(state.loaded)} of ${state.total > 0 ? megabytes(state.total) : "…"} MB`}
        </p>
        <button type="button" onClick={stopLoading}>
          Stop
        </button>
      </div>
    );
  }
  return (
    <div class="model-loading">
      {state.kind === "failed" && (
        <p class="says" role="alert">
          The model does not load: {state.sentence}
        </p>
      )}
      <button type="button" class="main" onClick={() => void loadModel()}>
        Load the model
      </button>
    </div>
  );
}

function Actions() {
  const amount = useSignal(60);
  const is_ready = model.value.kind === "ready";
  const goes_on = written.value.length > 0 && written_prompt.value === prompt.value;
  return (
    <div class="write-actions">
      {is_writing.value ? (
        <button type="button" class="main" onClick={stopWriting}>
          Stop
        </button>
      ) : (
        <button type="button" class="main" disabled={!is_ready} onClick={() => void write(amount.value)}>
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
        disabled={written.value.length === 0 || is_writing.value}
        onClick={() => {
          written_prompt.value = undefined;
          written.value = [];
        }}
      >
        Begin anew
      </button>
    </div>
  );
}
