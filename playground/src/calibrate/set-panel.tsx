/** Which rows to calibrate on, and how the bins are cut. */
import { binning, bins, chosen_set, fitted, own_text, set_error } from "./reader.ts";
import { SETS } from "./sets.ts";

export function SetPanel() {
  const chosen = SETS.find(({ id }) => id === chosen_set.value);
  return (
    <section class="panel row-panel" aria-labelledby="set-title">
      <div class="panel-head">
        <h2 id="set-title">Rows and what came</h2>
        <span class="aside">{fitted.value && `${fitted.value.set.validation.rows} rows`}</span>
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

function Binning() {
  return (
    <div class="binning">
      <label>
        <span class="field-name">bins</span>
        <span class="number">
          <input
            type="range"
            min={2}
            max={40}
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
            binning.value = event.currentTarget.value === "equal_mass" ? "equal_mass" : "equal_width";
          }}
        >
          <option value="equal_width">equal width</option>
          <option value="equal_mass">equally many rows</option>
        </select>
      </label>
    </div>
  );
}
