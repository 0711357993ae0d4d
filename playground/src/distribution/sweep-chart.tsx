/** Entropy over the values of an animated option, and its present value. */
import { count, significant } from "../components/format.ts";
import { Axes, HEIGHT, type Tick, WIDTH, xAt, yAt } from "./axes.tsx";
import type { Sweep, SweepPoint } from "./sweep.ts";

export function SweepChart({ of }: { of: Sweep }) {
  const { low, high, points, name } = of;
  const top = ceilingOf(points);
  const place = ({ value, entropy }: SweepPoint): readonly [number, number] => [
    xAt((value - low) / (high - low)),
    yAt(entropy / top),
  ];
  const last = points.at(-1);
  const [x, y] = last === undefined ? [0, 0] : place(last);
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={inWords(of)}>
      <Axes
        x={ticks.map((at) => ({ at, text: significant(low + at * (high - low), 2) }))}
        y={[0, 0.5, 1].map((at): Tick => ({ at, text: significant(at * top, 2) }))}
        x_name={name}
        y_name="entropy, nats"
      />
      <path
        class="as-drawn"
        d={points
          .map(place)
          .map(([a, b], i) => `${i === 0 ? "M" : "L"}${a.toFixed(1)} ${b.toFixed(1)}`)
          .join("")}
      />
      {last !== undefined && <circle class="drawn-dot" cx={x} cy={y} r="4.5" />}
    </svg>
  );
}

/** 1, 2, 4, 6, … nats: a scale that rarely changes while the line grows. */
function ceilingOf(points: readonly SweepPoint[]): number {
  const most = points.reduce((max, { entropy }) => Math.max(max, entropy), 0);
  return most <= 1 ? 1 : 2 * Math.ceil(most / 2);
}

export function inWords({ name, points }: Sweep): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return `${name} is played`;
  return `From ${name} ${first.value} to ${last.value} entropy goes from ${first.entropy.toFixed(2)} to ${last.entropy.toFixed(2)} nats, and ${count(first.kept)} tokens left become ${count(last.kept)}.`;
}
