/** The step as several hosts would take it, side by side, and where they part. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { askHosts, hosts } from "../state/hosts.ts";
import { presets } from "../state/presets.ts";
import { answer } from "../state/result.ts";
import { CompareTable } from "./compare-table.tsx";

const FIRST_SHOWN = ["openai", "llama.cpp", "vllm", "transformers"];

export function ComparePanel() {
  const names = useSignal<readonly string[]>(FIRST_SHOWN);
  const with_numbers = useSignal(true);
  const is_open = useSignal(false);
  const of = answer.value;
  useEffect(() => {
    if (is_open.value && of !== undefined)
      askHosts({ of, names: names.value, with_numbers: with_numbers.value });
  }, [is_open.value, of, names.value, with_numbers.value]);
  if (presets.value.length === 0) return null;
  return (
    <section class="panel compare" aria-labelledby="compare-title">
      <div class="panel-head">
        <h2 id="compare-title">Host by host</h2>
        <div class="compare-controls">
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
          {!is_open.value && (
            <button
              type="button"
              class="main"
              onClick={() => {
                is_open.value = true;
              }}
            >
              Compare hosts
            </button>
          )}
        </div>
      </div>
      <fieldset class="chips">
        <legend class="unseen">Hosts</legend>
        {presets.value.map(({ name, summary }) => (
          <button
            type="button"
            class="chip"
            key={name}
            title={summary}
            aria-pressed={names.value.includes(name)}
            onClick={() => {
              names.value = toggled(names.value, name);
            }}
          >
            {name}
          </button>
        ))}
      </fieldset>
      {is_open.value && hosts.value ? (
        <CompareTable of={hosts.value} />
      ) : (
        <p class="note">
          The same row, seed and step in each host's own order, with its defaults and tie rules. Equal
          settings do not make equal tokens.
        </p>
      )}
    </section>
  );
}

/** In the order of the catalogue, whichever was pressed first. */
function toggled(names: readonly string[], name: string): readonly string[] {
  return presets.value
    .map((preset) => preset.name)
    .filter((each) => (each === name ? !names.includes(name) : names.includes(each)));
}
