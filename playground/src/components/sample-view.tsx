/** One step: the row and the chain on one side, what became of the row on the other. */
import { TextPanel } from "../write/text-panel.tsx";
import { WritePanel } from "../write/write-panel.tsx";
import { ChainPanel } from "./chain-panel.tsx";
import { CodePanel } from "./code-panel.tsx";
import { ComparePanel } from "./compare-panel.tsx";
import { Draw } from "./draw.tsx";
import { Funnel } from "./funnel.tsx";
import { ManyDraws } from "./many-draws.tsx";
import { Mini } from "./mini.tsx";
import { Outcome } from "./outcome.tsx";
import { RowPanel } from "./row-panel.tsx";

export function SampleView({ writes }: { writes: boolean }) {
  return (
    <main class="bench">
      <div class="bench-row">{writes ? <WritePanel /> : <RowPanel />}</div>
      <div class="bench-chain">
        <ChainPanel />
      </div>
      <div class="bench-result">
        {writes && <TextPanel />}
        <Outcome />
        <Funnel />
        <Draw />
        <ManyDraws />
        <ComparePanel />
        <CodePanel />
      </div>
      <Mini />
    </main>
  );
}
