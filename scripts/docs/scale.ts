/** The tables of docs/scale.md, from bench/results, which `npm run proof:scale` writes. */
import { replaceParts, table } from "../../evidence/markdown.ts";
import { machineText } from "../../evidence/results.ts";
import type { ScaleResults } from "../../evidence/scale-results.ts";
import { figure, results, thousands, versionsText } from "./measured.ts";

const scale = () => results<ScaleResults>("scale", "proof:scale");

/** docs/scale.md with its tables. */
export function scalePage(current: string): string {
  return replaceParts(current, { speed: speedText(), memory: memoryText() });
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
