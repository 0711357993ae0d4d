/**
 * One table of all costs: `npm run bench:cost`. Each stage, draw rule, watermark, method, combination and encoding
 * takes turns with the chain that only has a temperature, round by round in one process, and the routes with POST
 * /v1/sample. The table has the least time of each as a multiple of the temperature's. `npm run bench:cost -- --write`
 * saves it.
 */
import { aboutWrite, BUILT } from "../evidence/options.ts";
import { createProgress, type Progress } from "../evidence/progress.ts";
import { machineText, thisMachine, writeResults } from "../evidence/results.ts";
import { commandLine, count, flag, readWord, run } from "../src/command-line.ts";
import { createSampler, type Row } from "../src/index.ts";
import { watermarkKeys } from "../src/sampling/draw/watermark/keys.ts";
import { flatRow, peakedRow } from "../test/kernels/rows.ts";
import { countAccesses } from "./cost/accesses.ts";
import { baseCase, costCases, KEY_ID, KINDS, ROWS_MAX } from "./cost/cases.ts";
import type { CostColumn, CostLine, CostResults } from "./cost/results.ts";
import { measureRoutes } from "./cost/routes.ts";

const COLUMNS = [
  { vocab_size: 8192, rows: "flat" },
  { vocab_size: 32_000, rows: "flat" },
  { vocab_size: 128_256, rows: "flat" },
  { vocab_size: 128_256, rows: "peaked" },
] as const;
const ROWS_OF = { flat: flatRow, peaked: peakedRow };
/** Rounds in which code is compiled, which do not count. */
const WARM_UP = 12;

const { values, operands } = commandLine({
  name: "npm run bench:cost --",
  about:
    "Every stage, draw rule, mark, method, combination, form and route at 8,192, 32,000 and 128,256 logits, as multiples of a temperature.",
  options: {
    rounds: count("N", "rounds of each case", 60),
    built: BUILT,
    write: flag(aboutWrite("cost")),
  },
  operands: {
    placeholder: "KIND",
    about: `kinds: ${KINDS.join(", ")}, route; all when none is named`,
    read: (word) => readWord(word, [...KINDS, "route"]),
  },
});

interface Measured {
  readonly column: CostColumn;
  /** of each case, in the order of the cases */
  readonly lines: readonly { readonly kind: string; readonly name: string; readonly ratio: number }[];
}

function measureColumn({ vocab_size, rows: kind }: (typeof COLUMNS)[number]): Measured {
  const keys = watermarkKeys({ [KEY_ID]: 7n });
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: ROWS_MAX }, undefined, { keys });
  const rows = Array.from({ length: ROWS_MAX }, (_, i) => {
    const row = sampler.leaseRow() as Row; // there are as many
    row.load(ROWS_OF[kind](vocab_size, i + 1));
    row.finish();
    return row;
  });
  const cases = [baseCase(sampler, rows), ...costCases(sampler, rows).filter(({ kind }) => isAsked(kind))];
  const least = cases.map(() => Number.POSITIVE_INFINITY);
  for (let round = -WARM_UP; round < values.rounds; round++)
    for (const [i, { take, rows }] of cases.entries()) {
      const began = performance.now();
      take();
      const us = ((performance.now() - began) * 1000) / rows;
      if (round >= 0 && us < (least[i] as number)) least[i] = us;
    }
  const [temperature_us = 1] = least;
  return {
    column: { vocab_size, rows: kind, temperature_us },
    lines: cases.slice(1).map(({ kind, name }, i) => ({
      kind,
      name,
      ratio: (least[i + 1] as number) / temperature_us, // one for each case
    })),
  };
}

function isAsked(kind: string): boolean {
  return operands.length === 0 || operands.some((each) => each === kind);
}

/** The lines of all columns side by side. */
function joined(measured: readonly Measured[]): CostLine[] {
  const [first] = measured;
  return (first?.lines ?? []).map(({ kind, name }, i) => ({
    kind,
    name,
    ratios: measured.map(({ lines }) => Number((lines[i]?.ratio ?? Number.NaN).toPrecision(3))),
  }));
}

function tell(progress: Progress, { columns, lines, routes = [] }: CostResults): void {
  const heads = columns.map(({ vocab_size, rows }) => `${vocab_size} ${rows}`);
  progress.say(`${"".padEnd(40)}${heads.map((head) => head.padStart(15)).join("")}`);
  const times = columns.map(({ temperature_us }) => `${temperature_us.toFixed(1)} µs`.padStart(15));
  progress.say(`${"temperature".padEnd(40)}${times.join("")}`);
  for (const { kind, name, ratios } of [...lines, ...routes])
    progress.say(
      `${`${kind} ${name}`.padEnd(40)}${ratios.map((each) => each.toFixed(2).padStart(15)).join("")}`,
    );
}

await run(async () => {
  const machine = thisMachine();
  // Done first, because counting modules are rewritten before they are compiled.
  const accesses = operands.length === 0 ? await countAccesses() : {};
  const seconds = 4 + values.rounds * 0.05;
  const progress = createProgress([
    ...COLUMNS.map(({ vocab_size, rows }) => ({ name: `${vocab_size} logits, ${rows}`, seconds })),
    { name: "routes", seconds: 60 },
  ]);
  progress.say(machineText(machine));
  const measured = COLUMNS.map((column) => {
    progress.next();
    return measureColumn(column);
  });
  progress.next();
  const routes = isAsked("route") ? await measureRoutes(values.built) : undefined;
  const results: CostResults = {
    machine,
    rounds: values.rounds,
    columns: measured.map(({ column }) => column),
    lines: joined(measured),
    accesses,
    ...(routes && { routes }),
  };
  tell(progress, results);
  progress.end();
  if (values.write) writeResults("cost", results);
});
