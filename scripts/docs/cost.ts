/** The cost table of docs/benchmarks.md, from the last `npm run bench:cost -- --write`. */
import type { CostColumn, CostLine, CostResults } from "../../bench/cost/results.ts";
import { ROUTE_SIZES } from "../../bench/cost/routes.ts";
import { code, table } from "../../evidence/markdown.ts";
import { machineText } from "../../evidence/results.ts";
import { results, thousands } from "./measured.ts";

/** Section of docs/benchmarks.md. */
export function costText(): string[] {
  const {
    machine,
    rounds,
    columns,
    lines,
    accesses,
    routes = [],
  } = results<CostResults>("cost", "bench:cost");
  return [
    `\`npm run bench:cost\` on ${machineText(machine)}. Each line takes turns with a chain that has only a temperature, ${rounds} rounds in one`,
    "process. A cell is the minimum time for each row of a step, as a multiple of the temperature's time in that column. The rows",
    "are in the sampler's memory, except for the forms, whose bytes are copied and converted as well. The last column has the loads",
    "and stores of wasm memory for each four logits of a flat row of 32,000; CI allows at most 1.15 times this count.",
    "",
    table(
      ["", ...columns.map(headOf), "accesses"],
      [
        ["temperature, µs", ...columns.map(({ temperature_us }) => temperature_us.toFixed(1)), ""],
        ...lines.map((line) => rowOf(line, accesses[`${line.kind} ${line.name}`])),
      ],
    ),
    "",
    "The next table is about requests: the service's CPU time for each row, as a multiple of `POST /v1/sample` with a float32 row.",
    "",
    table(
      ["", ...ROUTE_SIZES.map(thousands)],
      routes.map(({ name, ratios }) => [name, ...ratios.map(String)]),
    ),
  ];
}

function rowOf({ kind, name, ratios }: CostLine, accesses: number | undefined): string[] {
  return [`${kind} ${code(name)}`, ...ratios.map(String), accesses?.toFixed(1) ?? ""];
}

function headOf({ vocab_size, rows }: CostColumn): string {
  return `${thousands(vocab_size)}, ${rows}`;
}
