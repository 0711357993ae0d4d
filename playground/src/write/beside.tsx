/** A second text beside the first: the same prompt with one difference. */
import { movedFrom } from "../controls/control.ts";
import { ofStep, speculationIn } from "../speculate/speculation.ts";
import { stageInfo } from "../state/catalogue.ts";
import { itemOf, sentChain } from "../state/chain.ts";
import { DEFAULT_COMPARED } from "../state/compared.ts";
import { extras, NO_EXTRAS } from "../state/extras.ts";
import { orderOf, presets } from "../state/presets.ts";
import { type ChainItem, chain, seed } from "../state/signals.ts";
import { markIn } from "../watermark/mark.ts";
import { isSameChain } from "./runs.ts";
import { addSide, endSides, other_side, type Side, written } from "./sides.ts";
import { amount, is_writing, stopWriting, write } from "./writer.ts";

export function Beside() {
  if (other_side.value !== undefined)
    return (
      <div class="beside">
        <p class="note">
          Two texts from one prompt. Chain and seed below are those of the side that is chosen; press A or B
          to change over.
        </p>
        <button
          type="button"
          onClick={() => {
            stopWriting();
            endSides();
          }}
        >
          Only this text
        </button>
      </div>
    );
  return (
    <fieldset class="beside chips">
      <legend class="field-name">A second text beside it, with</legend>
      {choices().map(({ title, differing }) => (
        <button
          type="button"
          class="chip"
          key={title}
          onClick={() => begin(differing)}
          disabled={is_writing.value}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}

/** When there is a text already, the second is written at once. */
function begin(differing: Partial<Side>): void {
  const has_text = written.value.length > 0;
  addSide(differing);
  if (has_text) void write(amount.value);
}

interface Choice {
  readonly title: string;
  readonly differing: Partial<Side>;
}

function choices(): readonly Choice[] {
  const list = sentChain(chain.value);
  const host = presets.value.find(
    (preset) => DEFAULT_COMPARED.includes(preset.name) && !isSameChain(orderOf(preset, list), list),
  );
  const hosted = host && orderOf(host, list).map((entry) => itemOf(entry));
  const moved = movedNumber(chain.value);
  return [
    { title: "another seed", differing: { seed: nextSeed(seed.value) } },
    ...(markIn(extras.value) ? [{ title: "no watermark", differing: { extras: NO_EXTRAS } }] : []),
    ...(speculationIn(extras.value)
      ? [{ title: "no drafts", differing: { extras: ofStep(extras.value) } }]
      : []),
    ...(moved ? [moved] : []),
    ...(host && hosted
      ? [{ title: `${host.name}'s order`, differing: { chain: hosted, order: host.name } }]
      : []),
  ];
}

/** The first number of the chain, moved by a third of its slider. */
function movedNumber(items: readonly ChainItem[]): Choice | undefined {
  for (const { stage, options, on } of items) {
    const schema = stageInfo(stage)?.options.properties[stage];
    const now = options[stage];
    if (!on || schema === undefined || typeof now !== "number") continue;
    const value = movedFrom(schema, now);
    const others = items.map((item) => {
      const its = item.stage === stage ? { ...item.options, [stage]: value } : item.options;
      return itemOf({ ...its, stage: item.stage }, item.on);
    });
    return { title: `${stage} ${value}`, differing: { chain: others } };
  }
  return undefined;
}

function nextSeed(text: string): string {
  return /^\d{1,18}$/.test(text) ? String(BigInt(text) + 1n) : "1";
}
