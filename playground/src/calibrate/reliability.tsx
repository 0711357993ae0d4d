/**
 * Reliability diagrams, before and after: for rows of similar confidence, how often the classifier was right. On the
 * diagonal the confidence is right; ECE is the mean distance to it.
 */
import type { Fitted } from "./reader.ts";
import { whichRows } from "./which-rows.ts";
import type { Bin, Quality } from "./wire.ts";

export function Reliability({ of }: { of: Fitted }) {
  const [before, after] = of.quality;
  const cut = of.binning === "equal_mass" ? "of equally many rows" : "of equal width";
  return (
    <section class="panel" aria-labelledby="reliability-title">
      <div class="panel-head">
        <h2 id="reliability-title">Reliability</h2>
        <span class="aside">bar: how often right; line: how sure; below: how many rows</span>
      </div>
      <p class="note which">
        ECE here and above: {of.bins} bins {cut}, over {whichRows(of.set)}.
      </p>
      <div class="diagrams">
        <Diagram title="As it came" quality={before} />
        <Diagram title={`Divided by ${of.reply.calibration.temperature.toFixed(3)}`} quality={after} />
      </div>
    </section>
  );
}

/** The unit square is 200 wide, with 24 beneath it for the counts. */
const SIDE = 200;
const COUNTS = 24;

export function Diagram({ title, quality }: { title: string; quality: Quality }) {
  const most = Math.max(1, ...quality.bins.map(({ rows }) => rows));
  return (
    <figure>
      <figcaption>
        <b>{title}</b> <span class="aside">ECE {(100 * quality.ece).toFixed(1)} %</span>
      </figcaption>
      <svg
        viewBox={`-38 -6 ${SIDE + 44} ${SIDE + COUNTS + 36}`}
        role="img"
        aria-label={`${title}: expected calibration error ${(100 * quality.ece).toFixed(1)} %`}
      >
        <Axes />
        {quality.bins.map((bin) => (
          <BinBar key={bin.lower} bin={bin} most={most} />
        ))}
        <line class="diagonal" x1="0" y1={SIDE} x2={SIDE} y2="0" />
      </svg>
    </figure>
  );
}

function Axes() {
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return (
    <g class="axes">
      {ticks.map((t) => (
        <g key={t}>
          <line x1="0" x2={SIDE} y1={SIDE * (1 - t)} y2={SIDE * (1 - t)} />
          <text x="-5" y={SIDE * (1 - t) + 3} text-anchor="end">
            {t}
          </text>
          <text x={SIDE * t} y={SIDE + COUNTS + 14} text-anchor="middle">
            {t}
          </text>
        </g>
      ))}
      <text class="axis-name" x={SIDE / 2} y={SIDE + COUNTS + 27} text-anchor="middle">
        how sure (confidence)
      </text>
      <text class="axis-name" transform={`translate(-29 ${SIDE / 2}) rotate(-90)`} text-anchor="middle">
        how often right (accuracy)
      </text>
      <text class="axis-name" x="-5" y={SIDE + 15} text-anchor="end">
        rows
      </text>
    </g>
  );
}

function BinBar({ bin, most }: { bin: Bin; most: number }) {
  const { lower, upper, rows, accuracy, confidence } = bin;
  if (accuracy === null || confidence === null) return null;
  const x = SIDE * lower + 0.5;
  const width = Math.max(1, SIDE * (upper - lower) - 1);
  const [top, bottom] = [Math.max(accuracy, confidence), Math.min(accuracy, confidence)];
  return (
    <g>
      <title>
        {`${rows} rows, ${(100 * confidence).toFixed(1)} % sure, ${(100 * accuracy).toFixed(1)} % right`}
      </title>
      <rect class="right" x={x} width={width} y={SIDE * (1 - bottom)} height={SIDE * bottom} />
      <rect
        class={accuracy < confidence ? "too-sure" : "too-modest"}
        x={x}
        width={width}
        y={SIDE * (1 - top)}
        height={SIDE * (top - bottom)}
      />
      <rect class="sure" x={x} width={width} y={SIDE * (1 - confidence) - 1} height="2" />
      <rect class="rows" x={x} width={width} y={SIDE + 2} height={(COUNTS - 4) * (rows / most)} />
    </g>
  );
}
