/** Selects the rows for the calibration, and how the bins are cut. */

import { count } from "../components/format.ts";
import { BINNINGS, BINS_MAX, BINS_MIN, binning, bins, chosen_set, own_text } from "../state/calibration.ts";
import { visit } from "../state/history.ts";
import { type Fitted, fitted, set_error } from "./reader.ts";
import { SETS } from "./sets.ts";

export function SetPanel() {
  const chosen = SETS.find(({ id }) => id === chosen_set.value);
  return (
    <section class="panel row-panel" aria-labelledby="set-title">
      <div class="panel-head">
        <h2 id="set-title">Rows and what came</h2>
        <span class="aside">{fitted.value && rowsOf(fitted.value)}</span>
      </div>
      <fieldset class="chips">
        <legend class="unseen">Set</legend>
        {SETS.map(({ id, title }) => (
          <button
            type="button"
            class="chip"
            key={id}
            aria-pressed={chosen_set.value === id}
            onClick={() => {
              if (chosen_set.value === id) return;
              visit();
              chosen_set.value = id;
            }}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <p class="note">{chosen?.note}</p>
      {chosen_set.value === "own" && (
        <textarea
          rows={8}
          aria-label="Rows: class, colon, logits"
          spellcheck={false}
          value={own_text.value}
          onInput={(event) => {
            own_text.value = event.currentTarget.value;
          }}
        />
      )}
      {set_error.value && (
        <p class="says" role="alert">
          {set_error.value}
        </p>
      )}
      <Binning />
    </section>
  );
}

function rowsOf({ set }: Fitted): string {
  const fitted_to = `${count(set.validation.rows)} rows`;
  return set.is_held_out
    ? `${fitted_to} to fit, ${count(set.test.rows)} held out`
    : `${fitted_to}, all to fit`;
}

function Binning() {
  return (
    <div class="binning">
      <label>
        <span class="field-name">bins</span>
        <span class="number">
          <input
            type="range"
            min={BINS_MIN}
            max={BINS_MAX}
            value={bins.value}
            onInput={(event) => {
              bins.value = Number(event.currentTarget.value);
            }}
          />
          <output>{bins.value}</output>
        </span>
      </label>
      <label>
        <span class="field-name">binning</span>
        <select
          value={binning.value}
          onChange={(event) => {
            binning.value = BINNINGS.find((each) => each === event.currentTarget.value) ?? "equal_width";
          }}
        >
          <option value="equal_width">equal width</option>
          <option value="equal_mass">equally many rows</option>
        </select>
      </label>
    </div>
  );
}
