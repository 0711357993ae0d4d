/**
 * Constrains the written text: puts a stage that reads texts before the chain, initially with one of the service's
 * examples.
 */
import type { StageInfo } from "../api/wire.ts";
import { stages } from "../state/catalogue.ts";
import { addStageFirst } from "../state/chain.ts";
import { chain } from "../state/signals.ts";
import { needsVocabulary } from "./needs.ts";

export function Constrain() {
  const offered = stages.value
    .filter((info) => needsVocabulary(info) && !chain.value.some(({ stage }) => stage === info.name))
    .flatMap(examplesOf);
  if (offered.length === 0) return null;
  return (
    <fieldset class="beside chips">
      <legend class="field-name">constrain the text by</legend>
      {offered.map(({ stage, option, example, summary }) => {
        const [kind] = Object.keys(example);
        return (
          <button
            type="button"
            class="chip"
            key={kind}
            title={summary}
            onClick={() => addStageFirst({ stage, [option]: example })}
          >
            {kind}
          </button>
        );
      })}
    </fieldset>
  );
}

function examplesOf({ name, summary, options }: StageInfo) {
  return Object.entries(options.properties).flatMap(([option, { examples = [] }]) =>
    examples.map((example) => ({ stage: name, option, example, summary })),
  );
}
