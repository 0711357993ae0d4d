/** All tokens of the row by rank, both scales logarithmic: the unchanged row, and the row after the chain. */
import { count } from "../components/format.ts";
import type { Answer } from "../state/result.ts";
import { Axes, HEIGHT, type Tick, WIDTH, xAt, yAt } from "./axes.tsx";
import type { Point } from "./curve-points.ts";
import type { Whole } from "./whole.ts";

/** Smaller probabilities are drawn at the bottom. */
const LEAST = -7;

export function Curve({ of, all }: { of: Answer; all: Whole }) {
  const decades = Math.log10(Math.max(10, of.question.row.vocab_size));
  const place = ({ rank, p }: Point): [number, number] => [
    xAt(Math.log10(rank) / decades),
    yAt(1 - Math.max(LEAST, Math.log10(p)) / LEAST),
  ];
  const left = leftOf(of);
  const drawn = left.find(({ token_id }) => token_id === of.sampled.token_id);
  const [x, y] = drawn === undefined ? [0, 0] : place(drawn);
  const end = left.at(-1);
  const is_cut = of.sampled.kept < of.question.row.vocab_size && left.length === of.sampled.kept;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Probability by rank. Half of it lies with ${count(all.half)} tokens, 99 % with ${count(all.most)}; the chain leaves ${count(of.sampled.kept)}.`}
    >
      <Axes
        x={ranks(decades)}
        y={[0, 0.01, 0.0001, 0.000001].map(probability)}
        x_name="rank"
        y_name="probability"
      />
      <path class="as-it-came" d={lineOf(all.points.filter(({ p }) => p > 0).map(place))} />
      <path
        class="as-drawn"
        d={lineOf(left.map(place)) + (is_cut && end !== undefined ? `V${yAt(0)}` : "")}
      />
      {drawn !== undefined && <circle class="drawn-dot" cx={x} cy={y} r="4.5" />}
    </svg>
  );
}

/** The tokens that the chain kept, most likely first, if the answer lists them. */
function leftOf({ sampled: { top_logprobs = [] } }: Answer): readonly (Point & { token_id: number })[] {
  return top_logprobs
    .map(({ token_id, logprob }, i) => ({
      token_id,
      rank: i + 1,
      p: Math.exp(logprob ?? Number.NEGATIVE_INFINITY),
    }))
    .filter(({ p }) => p > 0);
}

function lineOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function ranks(decades: number): Tick[] {
  const whole = Array.from({ length: Math.floor(decades) + 1 }, (_, i) => i);
  return whole.map((decade) => ({ at: decade / decades, text: count(10 ** decade) }));
}

/** 0 stands for 1 here. */
function probability(p: number): Tick {
  return p === 0
    ? { at: 1, text: "100 %" }
    : { at: 1 - Math.log10(p) / LEAST, text: `${Number((100 * p).toPrecision(2))} %` };
}
