/** One step: the row and the chain on one side, what became of the row on the other. In one column, what is read first comes first. */
import { is_narrow } from "../state/screen.ts";
import { source } from "../state/signals.ts";
import { is_stale } from "../state/stale.ts";
import { TextPanel } from "../write/text/text-panel.tsx";
import { WritePanel } from "../write/write-panel.tsx";
import { ChainPanel } from "./chain-panel.tsx";
import { CodePanel } from "./code-panel.tsx";
import { ComparePanel } from "./compare-panel.tsx";
import { Draw } from "./draw.tsx";
import { Funnel } from "./funnel.tsx";
import { later } from "./later.tsx";
import { ManyDraws } from "./many-draws.tsx";
import { Mini } from "./mini.tsx";
import { Outcome } from "./outcome.tsx";
import { RowPanel } from "./row-panel.tsx";

export function SampleView({ writes }: { writes: boolean }) {
  const row = <div class="bench-row">{writes ? <WritePanel /> : <RowPanel />}</div>;
  const chain = (
    <div class="bench-chain">
      <ChainPanel />
    </div>
  );
  // in Write a step is shown once there is a token to show it of
  const has_step = !writes || source.value.kind === "written";
  return (
    <main class="bench" key={is_narrow.value ? "narrow" : "wide"}>
      {row}
      {is_narrow.value ? (
        <>
          <div class="bench-result">
            {writes && <TextPanel />}
            {has_step && <Outcome />}
          </div>
          {chain}
          {has_step && <Steps />}
        </>
      ) : (
        <>
          {chain}
          <div class="bench-result">
            {writes && <TextPanel />}
            {has_step && <Outcome />}
            {has_step && <Steps />}
          </div>
        </>
      )}
      {has_step && <Mini />}
    </main>
  );
}

const Distribution = later(
  async () => (await import("../distribution/distribution-panel.tsx")).DistributionPanel,
  <section class="panel distribution" />,
);

/** Everything that an answer tells beyond its token. */
function Steps() {
  return (
    <div class={`steps ${is_stale.value ? "is-stale" : ""}`}>
      <Funnel />
      <Distribution />
      <ComparePanel />
      <Draw />
      <ManyDraws />
      <CodePanel />
    </div>
  );
}
