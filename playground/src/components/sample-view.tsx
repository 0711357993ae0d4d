/**
 * One step: the row and the chain on one side, the result on the other. In one column, the more important part comes
 * first.
 */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { DistributionRoom } from "../distribution/distribution-room.tsx";
import { is_ready } from "../state/ready.ts";
import { is_narrow } from "../state/screen.ts";
import { source } from "../state/signals.ts";
import { is_stale } from "../state/stale.ts";
import { ChainPanel } from "./chain-panel.tsx";
import { CodePanel } from "./code-panel.tsx";
import { ComparePanel } from "./compare-panel.tsx";
import { Draw } from "./draw.tsx";
import { Funnel } from "./funnel.tsx";
import { later } from "./later.tsx";
import { ManyDraws } from "./many-draws.tsx";
import { Mini } from "./mini.tsx";
import { Outcome } from "./outcome.tsx";
import { BenchRoom } from "./room.tsx";
import { RowPanel } from "./row-panel.tsx";

export function SampleView({ writes }: { writes: boolean }) {
  const parts = write_parts.value;
  useEffect(() => {
    if (writes) void loadWriteParts();
  }, [writes]);
  if (!is_ready.value || (writes && parts === undefined)) return <BenchRoom writes={writes} />;
  const row = <div class="bench-row">{writes && parts ? <parts.WritePanel /> : <RowPanel />}</div>;
  const chain = (
    <div class="bench-chain">
      <ChainPanel />
    </div>
  );
  // in Write, a step is shown once there is a token
  const has_step = !writes || source.value.kind === "written";
  return (
    <main class="bench" key={is_narrow.value ? "narrow" : "wide"}>
      {row}
      {is_narrow.value ? (
        <>
          <div class="bench-result">
            {writes && parts && <Texts of={parts} />}
            {has_step && <Outcome />}
          </div>
          {chain}
          {has_step && <Steps />}
        </>
      ) : (
        <>
          {chain}
          <div class="bench-result">
            {writes && parts && <Texts of={parts} />}
            {has_step && <Outcome />}
            {has_step && <Steps />}
          </div>
        </>
      )}
      {has_step && <Mini />}
    </main>
  );
}

function Texts({ of: { TextPanel, TreePanel, WatermarkPanel } }: { of: WriteParts }) {
  return (
    <>
      <TextPanel />
      <WatermarkPanel />
      <TreePanel />
    </>
  );
}

type WriteParts = typeof import("../write/parts.ts");

/** One signal for both, so that they appear together. */
const write_parts = signal<WriteParts | undefined>(undefined);

async function loadWriteParts(): Promise<void> {
  write_parts.value ??= await import("../write/parts.ts");
}

const Distribution = later(
  async () => (await import("../distribution/distribution-panel.tsx")).DistributionPanel,
  <DistributionRoom />,
);

/** The parts of an answer besides its token. */
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
