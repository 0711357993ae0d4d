/** Whether a classifier means what it says: its reliability before and after one temperature, and what follows. */
import { useEffect } from "preact/hooks";
import { Says } from "../components/says.tsx";
import { fitted, followChoices, problem } from "./reader.ts";
import { Reliability } from "./reliability.tsx";
import { SetPanel } from "./set-panel.tsx";
import { ThresholdPanel } from "./threshold-panel.tsx";
import { VerdictPanel } from "./verdict-panel.tsx";

export function CalibrateView() {
  useEffect(followChoices, []);
  const of = fitted.value;
  return (
    <main class="calibrate">
      <div class="calibrate-side">
        <SetPanel />
      </div>
      <div class="calibrate-result">
        {problem.value && <Says problem={problem.value} />}
        {of === undefined && !problem.value && (
          <p class="note">Asking the service for the best temperature…</p>
        )}
        {of && <Temperature />}
        {of && <Reliability of={of} />}
        {of && <ThresholdPanel of={of} />}
        {of && <VerdictPanel of={of} />}
      </div>
    </main>
  );
}

function Temperature() {
  const of = fitted.value;
  if (of === undefined) return null;
  const { calibration, intervals, before, after } = of.reply;
  const { temperature } = calibration;
  const is_over = temperature > 1;
  return (
    <section class="outcome" aria-labelledby="temperature-title">
      <div>
        <h2 id="temperature-title" class="unseen">
          The temperature
        </h2>
        <p class="drawn-text">
          <span class="before">{is_over ? "Too sure of itself: divide by" : "Too modest: divide by"}</span>
          <strong class="drawn">{temperature.toFixed(3)}</strong>
        </p>
        <dl class="facts">
          <Fact
            name="temperature, 95 %"
            value={
              intervals
                ? `${intervals.temperature.low.toFixed(2)} to ${intervals.temperature.high.toFixed(2)}`
                : "–"
            }
          />
          <Fact name="ECE" value={`${percent(before.ece)} → ${percent(after.ece)}`} />
          <Fact name="cross-entropy, nats" value={`${before.nll.toFixed(3)} → ${after.nll.toFixed(3)}`} />
          <Fact name="Brier" value={`${before.brier.toFixed(3)} → ${after.brier.toFixed(3)}`} />
          <Fact name="accuracy" value={`${percent(after.accuracy)}, the same`} />
        </dl>
      </div>
    </section>
  );
}

function percent(p: number): string {
  return `${(100 * p).toFixed(1)} %`;
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
