/**
 * Decisions: only classes that pass the threshold are acted on. Shows how many pass, and how many of them are right.
 */
import { count } from "../components/format.ts";
import { threshold } from "../state/calibration.ts";
import { decided, type Fared, type Fitted } from "./reader.ts";
import { whichRows } from "./which-rows.ts";

/** The slider uses log-odds-like steps, because most changes happen close to 1. */
const THRESHOLDS = [
  0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999,
];

export function ThresholdPanel({ of }: { of: Fitted }) {
  const fared = decided.value;
  const at = THRESHOLDS.findIndex((each) => each >= threshold.value);
  return (
    <section class="panel" aria-labelledby="threshold-title">
      <div class="panel-head">
        <h2 id="threshold-title">Threshold</h2>
        <span class="aside">{whichRows(of.set)}; below the threshold nothing is decided</span>
      </div>
      <label class="threshold">
        <span class="field-name">threshold</span>
        <span class="number">
          <input
            type="range"
            min={0}
            max={THRESHOLDS.length - 1}
            value={at}
            aria-valuetext={String(threshold.value)}
            onInput={(event) => {
              threshold.value = THRESHOLDS[Number(event.currentTarget.value)] ?? 0.95;
            }}
          />
          <output>{threshold.value}</output>
        </span>
      </label>
      <div class="fared-rows">
        {fared && (
          <>
            <Shares title="As it came" fared={fared[0]} />
            <Shares title="Calibrated" fared={fared[1]} />
          </>
        )}
      </div>
    </section>
  );
}

function Shares({ title, fared: { right, wrong, none } }: { title: string; fared: Fared }) {
  const all = right + wrong + none;
  const fired = right + wrong;
  const share = (n: number) => ({ width: `${(100 * n) / Math.max(1, all)}%` });
  return (
    <div class="shares">
      <p>
        <b>{title}</b>: {count(fired)} decided, {count(wrong)} of them wrong
        {fired > 0 && ` (${((100 * wrong) / fired).toFixed(2)} %)`}; {count(none)} left open
      </p>
      <div class="shares-bar" aria-hidden="true">
        <i class="is-right" style={share(right)} />
        <i class="is-wrong" style={share(wrong)} />
        <i class="is-none" style={share(none)} />
      </div>
    </div>
  );
}
