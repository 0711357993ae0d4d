/** The list of all stages, to add one at the end of the chain. */
import { stages } from "../state/catalogue.ts";
import { addStage } from "../state/chain.ts";

export function AddStage() {
  return (
    <label class="add-stage">
      <span class="unseen">Add a stage</span>
      <select
        value=""
        onChange={(event) => {
          const info = stages.value.find(({ name }) => name === event.currentTarget.value);
          event.currentTarget.value = "";
          if (info) focusCard(addStage(info));
        }}
      >
        <option value="" disabled>
          {stages.value.length === 0 ? "Loading the stages…" : `Add one of ${stages.value.length} stages…`}
        </option>
        {stages.value.map(({ name, summary }) => (
          <option key={name} value={name}>
            {name}: {firstPart(summary)}
          </option>
        ))}
      </select>
    </label>
  );
}

function firstPart(summary: string): string {
  return summary.length > 80 ? `${summary.slice(0, 78)}…` : summary;
}

/** The focus moves to the new stage, because the user continues with it. */
function focusCard(key: number): void {
  requestAnimationFrame(() => {
    const card = document.querySelector<HTMLElement>(`[data-key="${key}"]`);
    card?.scrollIntoView({ block: "nearest" });
    card
      ?.querySelector<HTMLElement>(".field input, .field select, .field textarea")
      ?.focus({ preventScroll: true });
  });
}
