/** docs/images/growth.svg: a panel for each axis and unit, both scales logarithmic. */
import type { Axis, GrowthResults, Series } from "../../bench/growth/results.ts";
import { line, path, svg, text } from "./svg.ts";

const PANEL = { width: 380, height: 300, left: 52, top: 88, right: 14, bottom: 36 };
const COLUMNS = 2;

const AXES: Readonly<Record<Axis, string>> = {
  vocab_size: "logits",
  history: "tokens of history",
  batch_rows: "rows of a batch",
  connections: "connections",
};

export function growthPlot({ series }: GrowthResults): string {
  const panels = new Map<string, Series[]>();
  for (const each of series) {
    const key = `${each.axis} ${each.unit}`;
    panels.set(key, [...(panels.get(key) ?? []), each]);
  }
  const parts = [...panels.values()].flatMap((each, i) => {
    const [x, y] = [(i % COLUMNS) * PANEL.width, Math.floor(i / COLUMNS) * PANEL.height];
    return [`<g transform="translate(${x} ${y})">`, ...panelOf(each), "</g>"];
  });
  return svg({
    title: "How costs grow: both scales logarithmic, with the exponent of each line",
    width: COLUMNS * PANEL.width,
    height: Math.ceil(panels.size / COLUMNS) * PANEL.height,
    parts,
  });
}

interface Scale {
  readonly from: number;
  readonly to: number;
  place(value: number): number;
}

function panelOf(series: readonly Series[]): string[] {
  const { width, height, left, top, right, bottom } = PANEL;
  const { axis, unit } = series[0]!; // a panel has at least one
  const x = scaleOf(
    series.flatMap(({ points }) => points.map(([at]) => at)),
    left,
    width - right,
  );
  const costs = series.flatMap(({ points }) => points.map(([, cost]) => cost));
  // Whole decades, so that a constant line looks constant.
  const least = 10 ** Math.floor(Math.log10(Math.min(...costs)));
  const most = 10 ** Math.ceil(Math.log10(Math.max(...costs)));
  const y = scaleOf([least, most], height - bottom, top);
  return [
    text(8, 16, `${unit} against ${AXES[axis]}`, "title"),
    ...decades(x).flatMap((value) => [
      line(x.place(value), top - 8, x.place(value), height - bottom, "grid"),
      text(x.place(value), height - bottom + 15, compact(value), "faint", "middle"),
    ]),
    ...decades(y).flatMap((value) => [
      line(left, y.place(value), width - right, y.place(value), "grid"),
      text(left - 5, y.place(value) + 4, compact(value), "faint", "end"),
    ]),
    ...series.flatMap(({ name, points, exponent }, i) => [
      path(
        points.map(([at, cost]) => [x.place(at), y.place(cost)] as const),
        `c${i % 4}`,
      ),
      text(8, 32 + 14 * i, `${name}: ${exponent.toFixed(2)}`, `c${i % 4}`),
    ]),
  ];
}

function scaleOf(values: readonly number[], start: number, end: number): Scale {
  const from = Math.min(...values);
  const to = Math.max(...values);
  const place = (value: number) => start + (Math.log(value / from) / Math.log(to / from)) * (end - start);
  return { from, to, place };
}

function decades({ from, to }: Scale): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9);
  const last = Math.floor(Math.log10(to) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
}

function compact(value: number): string {
  return value.toLocaleString("en", { notation: "compact" });
}
