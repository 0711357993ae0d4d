/** The results of several hosts for the step, side by side, and the stage from which they differ. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { compared, observed_text, with_numbers } from "../state/compared.ts";
import { hosts } from "../state/hosts.ts";
import { presets } from "../state/presets.ts";
import { answer } from "../state/result.ts";
import { CompareTable } from "./compare-table.tsx";
import { later } from "./later.tsx";

const Why = later(
  async () => (await import("./why.tsx")).Why,
  <p class="note" aria-busy="true">
    One moment…
  </p>,
);

export function ComparePanel() {
  if (presets.value.length === 0) return null;
  const shown = hosts.value;
  const is_old = shown !== undefined && shown.of.question.row !== answer.value?.question.row;
  return (
    <section class="panel compare" aria-labelledby="compare-title">
      <div class="panel-head">
        <h2 id="compare-title">Host by host</h2>
        <label class="chip">
          <input
            type="checkbox"
            checked={with_numbers.value}
            onChange={(event) => {
              with_numbers.value = event.currentTarget.checked;
            }}
          />
          &nbsp;with the chain's numbers
        </label>
      </div>
      <p class="note">
        The same row, seed and step in each host's own order, with its defaults and tie rules. Equal settings
        do not make equal tokens.
      </p>
      <fieldset class="chips">
        <legend class="unseen">Hosts</legend>
        {presets.value.map(({ name, summary }) => (
          <button
            type="button"
            class="chip"
            key={name}
            title={summary}
            aria-pressed={compared.value.includes(name)}
            onClick={() => {
              compared.value = toggled(compared.value, name);
            }}
          >
            {name}
          </button>
        ))}
      </fieldset>
      {shown !== undefined && !is_old && <CompareTable of={shown} />}
      <OtherEngine />
    </section>
  );
}

/** The content of this line is loaded when it is opened, or when a link has something to explain. */
function OtherEngine() {
  const is_open = useSignal(false);
  useSignalEffect(() => {
    if (observed_text.value !== "") is_open.value = true;
  });
  return (
    <details
      class="explain"
      open={is_open.value}
      onToggle={(event) => {
        is_open.value = event.currentTarget.open;
      }}
    >
      <summary>My engine gave something else: why?</summary>
      {is_open.value && <Why />}
    </details>
  );
}

/** In the order of the catalogue, in whatever order they were selected. */
function toggled(names: readonly string[], name: string): readonly string[] {
  return presets.value
    .map((preset) => preset.name)
    .filter((each) => (each === name ? !names.includes(name) : names.includes(each)));
}
