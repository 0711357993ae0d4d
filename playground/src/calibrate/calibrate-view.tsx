/**
 * Shows whether a classifier's confidence is right: its reliability before and after one temperature, and the effect on
 * decisions.
 */
import { useEffect } from "preact/hooks";
import { CalibrateRoom } from "../components/room.tsx";
import { Says } from "../components/says.tsx";
import { type Fitted, fitted, followChoices, is_stale, problem, set_error } from "./reader.ts";
import { Reliability } from "./reliability.tsx";
import { SetPanel } from "./set-panel.tsx";
import { ThresholdPanel } from "./threshold-panel.tsx";
import { VerdictPanel } from "./verdict-panel.tsx";
import type { CalibrateReply } from "./wire.ts";

export function CalibrateView() {
  useEffect(followChoices, []);
  const of = fitted.value;
  const is_asking = of === undefined && problem.value === undefined && set_error.value === "";
  if (is_asking) return <CalibrateRoom />;
  return (
    <main class="calibrate">
      <div class="calibrate-side">
        <SetPanel />
      </div>
      <div class="calibrate-result">
        {problem.value && <Says problem={problem.value} />}
        {of && is_stale.value && (
          <p class="stale-note" role="status">
            This could not be answered: what is shown in grey is the answer before.
          </p>
        )}
        {of && (
          <div class={`steps ${is_stale.value ? "is-stale" : ""}`}>
            <Temperature of={of} />
            <Reliability of={of} />
            <ThresholdPanel of={of} />
            <VerdictPanel of={of} />
          </div>
        )}
      </div>
    </main>
  );
}

/** With fewer rows, or with the ends of the interval this far apart, a temperature says little. */
const ROWS_FEW = 100;
const ENDS_FAR = 2;

/** The reason why the temperature is uncertain; "" when it is not. */
function doubtIn({ intervals }: CalibrateReply, rows: number): string {
  if (intervals === undefined) return "";
  const { low, high } = intervals.temperature;
  if (rows >= ROWS_FEW && high <= ENDS_FAR * low) return "";
  return `${rows} rows are ${rows < ROWS_FEW ? "far too few" : "too few"}: by them the temperature may be anything from ${low.toFixed(2)} to ${high.toFixed(2)}.`;
}

function Temperature({ of }: { of: Fitted }) {
  const { calibration, intervals } = of.reply;
  const [before, after] = of.quality;
  const { temperature } = calibration;
  const doubt = doubtIn(of.reply, of.set.validation.rows);
  return (
    <section class="outcome" aria-labelledby="outcome-title">
      <div>
        <h2 id="outcome-title" class="unseen">
          The temperature
        </h2>
        <p class={`drawn-text ${doubt === "" ? "" : "is-doubtful"}`}>
          <span class="before">
            {temperature > 1 ? "Too sure of itself: divide by" : "Too modest: divide by"}
          </span>
          <strong class="drawn">
            {doubt === "" ? temperature.toFixed(3) : `about ${temperature.toFixed(1)}`}
          </strong>
        </p>
        {doubt && <p class="doubt">{doubt}</p>}
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
