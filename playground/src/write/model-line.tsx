/** The state of the model: loading, ready, or not available. */
import { loadModel, model, stopLoading } from "./model.ts";
import { other_side } from "./sides.ts";
import { pace } from "./writer.ts";

/** The line has the same height for every message. */
export function ModelLine() {
  return (
    <div class="model-room">
      <Line />
    </div>
  );
}

function Line() {
  const state = model.value;
  if (state.kind === "ready")
    return (
      <p class="note">
        6.9 million parameters and 8,192 tokens, trained on old novels. Each of its rows goes to the service,
        which draws the token
        {pace.value > 0 && `: ${other_side.value ? "2 × " : ""}${pace.value.toFixed(1)} tokens a second`}.
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
