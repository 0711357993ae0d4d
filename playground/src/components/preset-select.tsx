/** Puts the chain into a host's order. */
import { presets, usePreset } from "../state/presets.ts";

export function PresetSelect() {
  if (presets.value.length === 0) return null;
  return (
    <label class="preset-select">
      <span class="unseen">Order of a host</span>
      <select
        value=""
        onChange={(event) => {
          const preset = presets.value.find(({ name }) => name === event.currentTarget.value);
          event.currentTarget.value = "";
          if (preset) usePreset(preset);
        }}
      >
        <option value="" disabled>
          as a host does it…
        </option>
        {presets.value.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
