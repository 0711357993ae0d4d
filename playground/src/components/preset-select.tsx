/** Arranges the chain in a host's order, and shows whether it is still in that order. */
import { sentChain } from "../state/chain.ts";
import { orderOf, type PresetInfo, presets, repeatedIn, usePreset } from "../state/presets.ts";
import { chain, order_of } from "../state/signals.ts";
import { isSameChain } from "../write/runs.ts";

export function PresetSelect() {
  if (presets.value.length === 0) return null;
  const chosen = presetInUse();
  const list = sentChain(chain.value);
  const is_changed = chosen !== undefined && !isSameChain(orderOf(chosen, list), list);
  return (
    <label class="preset-select">
      <span class="unseen">Order of a host</span>
      <select
        value={chosen?.name ?? ""}
        onChange={(event) => {
          const preset = presets.value.find(({ name }) => name === event.currentTarget.value);
          if (preset) usePreset(preset);
        }}
      >
        <option value="" disabled>
          as a host does it…
        </option>
        {presets.value.map(({ name }) => (
          <option key={name} value={name}>
            {name !== chosen?.name ? name : is_changed ? `${name}, changed since` : `as ${name} does it`}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A note on differences that may look like errors of the page. */
export function PresetNote() {
  const chosen = presetInUse();
  const repeated = chosen === undefined ? [] : repeatedIn(chosen);
  const shown = repeated.filter((stage) => chain.value.filter((item) => item.stage === stage).length > 1);
  if (chosen === undefined || shown.length === 0) return null;
  return (
    <p class="note">
      {shown.join(", ")} {shown.length === 1 ? "stands" : "stand"} here twice because {chosen.name} itself
      runs {shown.length === 1 ? "it" : "them"} twice.
    </p>
  );
}

function presetInUse(): PresetInfo | undefined {
  return presets.value.find(({ name }) => name === order_of.value);
}
