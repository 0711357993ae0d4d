/** The chain: its stages as cards in their order, and a list from which to add stages. */
import { useSignal } from "@preact/signals";
import { problem } from "../state/result.ts";
import { chain } from "../state/signals.ts";
import { AddStage } from "./add-stage.tsx";
import { PresetNote, PresetSelect } from "./preset-select.tsx";
import { Says } from "./says.tsx";
import { StageCard } from "./stage-card.tsx";
import { useReorder } from "./use-reorder.ts";

export function ChainPanel() {
  const said = useSignal("");
  const reorder = useReorder((sentence) => {
    said.value = sentence;
  });
  const items = chain.value;
  return (
    <section class="panel chain-panel" aria-labelledby="chain-title">
      <div class="panel-head">
        <h2 id="chain-title">Chain</h2>
        <PresetSelect />
      </div>
      <PresetNote />
      {items.length === 0 && (
        <p class="note">No stage: the token is drawn from the softmax of the row as it came.</p>
      )}
      <ol class="cards" ref={reorder.list}>
        {items.map((item, i) => (
          <StageCard key={item.key} item={item} place={i} places={items.length} reorder={reorder} />
        ))}
      </ol>
      {isOfWholeChain(problem.value?.pointer) && problem.value && <Says problem={problem.value} />}
      <AddStage />
      <p class="unseen" aria-live="polite">
        {said.value}
      </p>
    </section>
  );
}

function isOfWholeChain(pointer: string | undefined): boolean {
  return pointer === "/chain";
}
