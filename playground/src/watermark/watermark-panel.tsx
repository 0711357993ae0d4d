/** The p-value of the watermark's test over the length of each text: it falls only in the marked text. */
import { useEffect } from "preact/hooks";
import { Says } from "../components/says.tsx";
import { Axes, HEIGHT, type Tick, WIDTH, xAt, yAt } from "../distribution/axes.tsx";
import { sides } from "../write/sides.ts";
import { type Falling, falling, falling_problem, type Tested, testedMark, testSides } from "./falling.ts";

export function WatermarkPanel() {
  const of = sides.value;
  const has_mark = testedMark(of) !== undefined;
  useEffect(() => testSides(of), [of]);
  if (!has_mark) return null;
  const shown = falling.value;
  return (
    <section class="panel watermark" aria-labelledby="watermark-title">
      <div class="panel-head">
        <h2 id="watermark-title">Watermark</h2>
        <span class="aside">
          the p-value of the test, as the text grows: how likely a text without the mark scores as high
        </span>
      </div>
      {falling_problem.value && <Says problem={falling_problem.value} />}
      {shown && <Chart of={shown} />}
    </section>
  );
}

/** Smaller p-values are drawn at the bottom. */
const LEAST_DECADE = -30;

function Chart({ of }: { of: Falling }) {
  const all = of.texts.flatMap(({ points }) => points);
  const longest = Math.max(1, ...all.map(({ tokens }) => tokens));
  const lowest = Math.min(...all.map(({ p_value }) => Math.log10(Math.max(p_value, 10 ** LEAST_DECADE))));
  const decades = Math.max(2, 2 * Math.ceil(-lowest / 2));
  const at = (p: number) => 1 + Math.max(-decades, Math.log10(Math.max(p, 10 ** LEAST_DECADE))) / decades;
  return (
    <div class="charts">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={of.texts.map(inWords).join(" ")}>
        <Axes
          x={[0, 0.5, 1].map((t): Tick => ({ at: t, text: String(Math.round(t * longest)) }))}
          y={[0, 0.5, 1].map((t): Tick => ({ at: t, text: power(-decades * (1 - t)) }))}
          x_name="tokens"
          y_name="p-value"
        />
        {of.texts.map(({ name, is_marked, points }) => (
          <g key={name}>
            <path
              class={is_marked ? "as-drawn" : "as-it-came"}
              d={points
                .map(({ tokens, p_value }, i) => {
                  const [x, y] = [xAt(tokens / longest), yAt(at(p_value))];
                  return `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
                })
                .join("")}
            />
            {of.texts.length > 1 && points.length > 0 && (
              <text
                class="line-name"
                x={xAt(1) - 4}
                y={yAt(at(points.at(-1)?.p_value ?? 1)) - 6}
                text-anchor="end"
              >
                {name}
              </text>
            )}
          </g>
        ))}
      </svg>
      <div class="watermark-words" aria-live="polite">
        {of.texts.map((text) => (
          <p key={text.name}>{inWords(text)}</p>
        ))}
        <p class="note">
          Tested for {of.mark.scheme} with key {of.mark.key}; anyone with the key can test the text without
          the model.
        </p>
      </div>
    </div>
  );
}

function inWords({ name, is_marked, points }: Tested): string {
  const last = points.at(-1);
  if (last === undefined) return "";
  const found = last.p_value < 0.001 ? "the mark is found" : "no mark is found";
  return `${name}, ${is_marked ? "written with the mark" : "without"}: after ${last.tokens} tokens p = ${scientific(last.p_value)}, ${found}.`;
}

function scientific(p: number): string {
  if (p >= 0.001) return p.toFixed(3);
  const exponent = Math.floor(Math.log10(p));
  return `${(p / 10 ** exponent).toFixed(1)} · ${power(exponent)}`;
}

const RAISED: Readonly<Record<string, string>> = {
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹",
};

function power(exponent: number): string {
  return exponent === 0
    ? "1"
    : `10${[...String(Math.round(exponent))].map((char) => RAISED[char] ?? char).join("")}`;
}
