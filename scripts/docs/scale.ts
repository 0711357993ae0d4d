/** The tables of docs/scale.md, from bench/results: what `npm run proof:scale` and `npm run load` measured. */
import { replaceParts, table } from "../../evidence/markdown.ts";
import { machineText } from "../../evidence/results.ts";
import type { ScaleResults } from "../../evidence/scale-results.ts";
import type { LoadResults } from "../../load-tests/results.ts";
import { figure, results, thousands, versionsText } from "./measured.ts";

const scale = () => results<ScaleResults>("scale", "proof:scale");
const load = () => results<LoadResults>("load", "load");

/** docs/scale.md with its tables. */
export function scalePage(current: string): string {
  return replaceParts(current, { speed: speedText(), memory: memoryText(), sizing: sizingText() });
}

function speedText(): string {
  const { machine, versions, races, reads } = scale();
  return [
    "Rows of float32, a second of CPU, start of the process included on our side, the best of three rounds in turns.",
    `${machineText(machine)}; ${versionsText(versions)}.`,
    "",
    table(
      ["task", "rows × classes", "rows/s", "numpy, scipy, scikit-learn", "ratio"],
      races.map(({ task, rows, classes, ours, theirs }) => [
        task,
        `${thousands(rows)} × ${thousands(classes)}`,
        figure(ours),
        figure(theirs),
        `${(ours / theirs).toFixed(1)}x`,
      ]),
    ),
    "",
    "Reading alone, million elements a second of CPU:",
    "",
    table(
      ["format", "elements/s", "pyarrow"],
      reads.map(({ format, ours, theirs }) => [
        format,
        figure(ours / 1e6),
        theirs === null ? "–" : figure(theirs / 1e6),
      ]),
    ),
  ].join("\n");
}

function memoryText(): string {
  return table(
    ["rows of 1,000 classes through a pipe", "most memory, MiB"],
    scale().memory.map(({ rows, mib }) => [thousands(rows), figure(mib)]),
  );
}

/** By one core of the service: what its CPU takes for a row, and the bytes that come with it. */
function sizingText(): string {
  const { machine, scenarios } = load();
  const rows = scenarios.flatMap(({ name, body_bytes, rows: rows_each, raw }) => {
    if (raw.server_us === undefined) return [];
    const rows_per_s = (1e6 * rows_each) / raw.server_us;
    const bytes = body_bytes / rows_each;
    const gigabytes = (rows_per_s * bytes) / 1e9;
    return [
      [name, `${figure(bytes / 1024)} KiB`, figure(rows_per_s), figure(gigabytes), figure(rows_per_s / 100)],
    ];
  });
  return [
    `From \`npm run load\`, ${machineText(machine)}: temperature, top-k 40 and top-p 0.95.`,
    "",
    table(
      [
        "form of a row",
        "bytes of a row",
        "rows/s of one core",
        "GB/s that come in",
        "sequences at 100 tokens/s",
      ],
      rows,
    ),
  ].join("\n");
}
