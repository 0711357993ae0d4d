/**
 * The head of one of two texts: its name, which selects it for the controls of the page, its seed, and its chain in
 * short.
 */

import { speculationIn } from "../../speculate/speculation.ts";
import { seed } from "../../state/signals.ts";
import { markIn } from "../../watermark/mark.ts";
import type { SideName } from "../side-names.ts";
import { chooseSide, chosen_side, type Side } from "../sides.ts";
import { stopWriting } from "../writer.ts";

export function SideHead({ name, side }: { name: SideName; side: Side }) {
  const is_chosen = name === chosen_side.value;
  return (
    <div class="side-head">
      <button
        type="button"
        class="chip"
        aria-pressed={is_chosen}
        title={`Chain and seed of the page are those of ${name}`}
        onClick={() => {
          if (!is_chosen) stopWriting();
          chooseSide(name);
        }}
      >
        {name}
      </button>
      {is_chosen ? (
        <label>
          seed{" "}
          <input
            type="text"
            inputmode="numeric"
            value={seed.value}
            onInput={(event) => {
              seed.value = event.currentTarget.value.trim();
            }}
          />
        </label>
      ) : (
        <span>seed {side.seed}</span>
      )}
      <span class="side-chain">
        {inShort(side)}
        {markIn(side.extras) && `, ${markIn(side.extras)?.scheme}`}
        {speculationIn(side.extras) && `, drafts: ${speculationIn(side.extras)?.method}`}
      </span>
    </div>
  );
}

/** temperature 0.8 → top_k 40 */
function inShort({ chain }: Side): string {
  const stages = chain
    .filter(({ on }) => on)
    .map(({ stage, options }) => {
      const own = options[stage];
      return typeof own === "number" || typeof own === "string" ? `${stage} ${own}` : stage;
    });
  return stages.length === 0 ? "no stage" : stages.join(" → ");
}
