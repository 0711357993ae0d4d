/** Constraining what is written: a stage for texts, with the service's own example to begin with, in front of the chain. */
import { stages } from "../state/catalogue.ts";
import { addStageFirst } from "../state/chain.ts";
import { chain } from "../state/signals.ts";
import { needsVocabulary } from "./needs.ts";

export function Constrain() {
  const offered = stages.value.filter(
    (info) => needsVocabulary(info) && !chain.value.some(({ stage }) => stage === info.name),
  );
  if (offered.length === 0) return null;
  return (
    <fieldset class="beside chips">
      <legend class="field-name">constrain the text by</legend>
      {offered.map(({ name, summary, example }) => (
        <button
          type="button"
          class="chip"
          key={name}
          title={summary}
          onClick={() => addStageFirst({ ...example, stage: name })}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
