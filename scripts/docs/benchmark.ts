/** Markdown with the measured figures of bench/results: docs/benchmarks.md and the ratios in the README. */
import type { GrowthResults } from "../../bench/growth/results.ts";
import { CHAINS } from "../../bench/rivals/chains.ts";
import type { Raced, RivalResults, RowKind } from "../../bench/rivals/results.ts";
import { table } from "../../evidence/markdown.ts";
import { machineText } from "../../evidence/results.ts";
import type { PeerResults } from "../../load-tests/peers/results.ts";
import type { LoadResults } from "../../load-tests/results.ts";
import { conformancePlot } from "./conformance-plot.ts";
import { costText } from "./cost.ts";
import { ENGINES_NOTE, enginesTable, enginesText } from "./engines.ts";
import { growthPlot } from "./growth-plot.ts";
import { figure, ROW_KINDS, racedBy, results, SIZE, thousands, versionsText } from "./measured.ts";
import { oneRowPlot } from "./one-row-plot.ts";
import { rivalsPlot } from "./rivals-plot.ts";

const PLAIN = "plain TypeScript";
const RIVALS = [PLAIN, "tfjs-wasm", "transformers.js", "naive TypeScript"];

const rivals = () => results<RivalResults>("rivals", "bench:rivals");
const load = () => results<LoadResults>("load", "load");
const peer = () => results<PeerResults>("peer", "load:peer");
const growth = () => results<GrowthResults>("growth", "bench:growth");

export const plots: Readonly<Record<string, () => string>> = {
  "docs/images/rivals.svg": () => rivalsPlot(rivals(), SIZE),
  "docs/images/growth.svg": () => growthPlot(growth()),
  "docs/images/one-row.svg": oneRowPlot,
  "docs/images/conformance.svg": conformancePlot,
};

const PART_NOTE =
  "\\* runs only a part of the chain: transformers.js has no top-p, no min-p and no biases, and of the penalties only the repetition penalty.";

/** docs/benchmarks.md. */
export function benchmarksPage(): string {
  const { machine, versions, races } = rivals();
  const sizes = [...new Set(races.map(({ vocab_size }) => vocab_size))];
  return [
    "# Benchmarks",
    "",
    "This page has every measured figure, with its machine and its command. For example, `npm run bench:rivals` measures the first tables.",
    "It is made from `bench/results/*.json` by `npm run build:docs`. What was tried, and what did not work:",
    "[bench/LOG.md](../bench/LOG.md).",
    "",
    "## The sampler against its rivals",
    "",
    `\`npm run bench:rivals\` on ${machineText(machine)}; ${versionsText(versions)}. All run in one process, in turns.`,
    "A sampler is timed only after it has kept the same tokens with the same probabilities. A cell has microseconds a",
    "step, minimum / median. All samplers read the same rows, which lie in our sampler's memory, where the service writes",
    'the bytes of a request. "Row copied" first copies the row, as from any Float32Array. Rows: *peaked*, N(−2, 2.5) with',
    "50 tokens up to +18; *flat*, N(−2, 1). Chains: temperature 0.8, top-k 40, top-p 0.95, min-p 0.05; 300 biases and three",
    "penalties over 1,024 tokens; the log-probabilities are those of the unchanged row.",
    "",
    "![Microseconds a step, by chain and sampler](images/rivals.svg)",
    "",
    PART_NOTE,
    "",
    ...sizes.flatMap((size) => ROW_KINDS.flatMap((kind) => fullTable(rivals(), size, kind))),
    "transformers.js selects its candidates with onnxruntime's TopK. Here it uses the wasm build, because the native build",
    "cannot be installed without a download.",
    "",
    "## The sampler beside the engines' own",
    "",
    ...enginesText(),
    "",
    ...ROW_KINDS.flatMap((kind) => [
      `### ${thousands(SIZE)} logits, ${kind} rows`,
      "",
      enginesTable(kind),
      "",
    ]),
    ENGINES_NOTE,
    "",
    "## What everything costs",
    "",
    ...costText(),
    "",
    "## The service under load",
    "",
    `\`npm run load\` on ${machineText(load().machine)}: ${load().connections} connections, one worker, ${load().seconds} s`,
    "a scenario, with the generator and the service on the same machine. The first figures are those of the raw generator,",
    "the last those of autocannon, which counts whole milliseconds and uses more CPU than the service does.",
    "",
    fullLoadTable(load()),
    "",
    "## Against FastAPI and numpy",
    "",
    `\`npm run load:peer\` on ${machineText(peer().machine)}: ${peer().versions}; one process each, ${peer().rounds} rounds in`,
    `turns of ${peer().seconds} s each. Both draw from the same tokens: temperature 0.8, top-k 40, top-p 0.95, min-p 0.05.`,
    "",
    peerTable(peer()),
    "",
    "## Growth",
    "",
    `\`npm run bench:growth\` on ${machineText(growth().machine)}. The last column is the exponent of growth`,
    "over the four largest sizes: 1 is linear, 0 constant. Accesses and bytes of wasm memory are counts, which are the same in",
    "every run.",
    "",
    "![How costs grow](images/growth.svg)",
    "",
    growthTable(growth()),
    "",
  ].join("\n");
}

function fullTable(found: RivalResults, vocab_size: number, kind: RowKind): string[] {
  const names = ["ours", "ours, row copied", ...RIVALS];
  const rows = CHAINS.flatMap((chain) => {
    const raced = racedBy(found, vocab_size, kind, chain);
    if (raced.size === 0) return [];
    const [ours, plain] = [raced.get("ours")!, raced.get(PLAIN)!]; // every race has both
    const goal = vocab_size === SIZE ? ` (goal ${chain.goal})` : "";
    const ratio = `${figure(plain.min_us / ours.min_us)} / ${figure(plain.median_us / ours.median_us)}${goal}`;
    return [[chain.name, ...names.map((name) => timesOf(raced.get(name))), ratio]];
  });
  const head = ["chain", ...names, "plain / ours"];
  return [`### ${thousands(vocab_size)} logits, ${kind} rows`, "", table(head, rows), ""];
}

function timesOf(raced: Raced | undefined): string {
  if (raced === undefined) return "–";
  return `${figure(raced.min_us)} / ${figure(raced.median_us)}${raced.part ? " \\*" : ""}`;
}

function fullLoadTable({ scenarios }: LoadResults): string {
  const cells = (side: LoadResults["scenarios"][number]["cannon"]) =>
    side === undefined
      ? ["–", "–", "–"]
      : [figure(side.requests_per_s), side.p50_ms.toFixed(2), side.p99_ms.toFixed(2)];
  const rows = scenarios.map(({ name, body_bytes, raw, cannon }) => [
    name,
    `${figure(body_bytes / 1024)} KiB`,
    ...cells(raw),
    raw.server_us === undefined ? "–" : figure(raw.server_us),
    ...cells(cannon),
  ]);
  const side = ["requests/s", "p50 ms", "p99 ms"];
  return table(
    ["request", "body", ...side, "server CPU µs", ...side.map((name) => `autocannon ${name}`)],
    rows,
  );
}

function peerTable({ cases }: PeerResults): string {
  const rows = cases.map(({ name, connections, ours, theirs, ratio, ratio_min, ratio_max, goal }) => [
    name,
    String(connections),
    ...[ours, theirs].flatMap(({ per_s, cpu_us }) => [
      figure(per_s),
      cpu_us === undefined ? "–" : figure(cpu_us),
    ]),
    `${ratio.toFixed(1)}x (${ratio_min.toFixed(1)} … ${ratio_max.toFixed(1)})`,
    `${goal}x`,
  ]);
  const head = [
    "body",
    "connections",
    "rows/s",
    "CPU µs a row",
    "peer rows/s",
    "CPU µs a row",
    "ratio (of the rounds)",
  ];
  return table([...head, "goal"], rows);
}

function growthTable({ series }: GrowthResults): string {
  const rows = series.map(({ axis, name, unit, points, exponent }) => {
    const ends = [points[0]!, points.at(-1)!]; // a series has several
    return [
      `\`${axis}\``,
      name,
      unit,
      ...ends.map(([x, y]) => `${figure(y)} at ${thousands(x)}`),
      exponent.toFixed(2),
    ];
  });
  return table(["along", "what", "cost", "smallest", "largest", "exponent"], rows);
}

/** The ratio of our rows to the FastAPI server's, from the smallest of the cases to the largest. */
export function peerRange(): string {
  const ratios = peer().cases.map(({ ratio }) => ratio);
  return `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
}
