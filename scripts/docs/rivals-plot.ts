/** docs/images/rivals.svg: one bar for each sampler and chain at one size, on a logarithmic scale of microseconds. */
import { CHAINS } from "../../bench/rivals/chains.ts";
import { type RivalResults, raceOf } from "../../bench/rivals/results.ts";
import { line, rect, svg, text } from "./svg.ts";

const WIDTH = 760;
const LEFT = 170;
const RIGHT = 690;
const BAR = 13;
const GAP = 26;
const TOP = 50;
/** The scale, microseconds. */
const LEAST = 5;
const MOST = 500_000;

interface Bar {
  readonly name: string;
  readonly us: number;
  readonly kind: "ours" | "rival";
}

export function rivalsPlot(results: RivalResults, vocab_size: number): string {
  const parts: string[] = [];
  let y = TOP;
  for (const { id, name } of CHAINS) {
    parts.push(text(8, y + 10, name, "title"));
    y += 16;
    for (const bar of barsOf(results, vocab_size, id)) {
      parts.push(...drawn(bar, y));
      y += BAR + 3;
    }
    y += GAP - 16;
  }
  const height = y + 4;
  const title = `µs a step over ${vocab_size.toLocaleString("en")} logits, peaked rows; least of many`;
  return svg({
    title,
    width: WIDTH,
    height,
    parts: [text(8, 18, title, "title"), ...axis(height), ...parts],
  });
}

function barsOf(results: RivalResults, vocab_size: number, chain: string): Bar[] {
  const raced = raceOf(results, { vocab_size, rows: "peaked", chain })?.runners ?? [];
  return raced.map(({ name, part, min_us }) => ({
    name: part ? `${name} *` : name,
    us: min_us,
    kind: name.startsWith("ours") ? "ours" : "rival",
  }));
}

function drawn({ name, us, kind }: Bar, y: number): string[] {
  const end = placeOf(us);
  return [
    text(LEFT - 6, y + 10, name, "faint", "end"),
    rect(LEFT, y, end - LEFT, BAR, kind),
    text(end + 5, y + 10, us < 100 ? us.toFixed(1) : Math.round(us).toLocaleString("en")),
  ];
}

function axis(height: number): string[] {
  const ticks = [10, 100, 1000, 10_000, 100_000];
  return ticks.flatMap((us) => [
    line(placeOf(us), TOP - 10, placeOf(us), height - 8, "grid"),
    text(placeOf(us), TOP - 14, us.toLocaleString("en"), "faint", "middle"),
  ]);
}

function placeOf(us: number): number {
  const share = Math.log(Math.max(us, LEAST) / LEAST) / Math.log(MOST / LEAST);
  return LEFT + share * (RIGHT - LEFT);
}
