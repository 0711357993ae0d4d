/**
 * Every stage over a whole row, against the chain that only has a temperature: `npm run bench:stages`. A step is the
 * server's work after the last byte of a row: scan, chain, draw. Each stage takes turns with the temperature alone,
 * step by step, and so do the rows, so changes in machine load affect all equally. The result is the ratio of the
 * minima.
 */
import { cpus } from "node:os";
import { createProgress, type Progress } from "../evidence/progress.ts";
import { commandLine, count, readWord, run } from "../src/command-line.ts";
import type { Row } from "../src/kernels/kernel.ts";
import { parseStepOptions } from "../src/sampling/options/step-options.ts";
import { createSampler, type Sampler } from "../src/sampling/sampler.ts";
import { STAGES } from "../src/sampling/stages/index.ts";
import type { StepOptions } from "../src/sampling/step.ts";
import { flatRow, peakedRow } from "../test/kernels/rows.ts";
import { HISTORY, LARGER } from "./cost/stage-options.ts";

const ROWS = 4;
const WARM_UP = 20;
const STEPS = 300;
const BUDGET_US = 200_000;
const TEMPERATURE = { stage: "temperature", temperature: 0.8 };

function optionsOf(chain: readonly object[]): StepOptions {
  return parseStepOptions({ chain, history: HISTORY, seed: 1 });
}

function microseconds(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1000;
}

function step(sampler: Sampler, row: Row, options: StepOptions): void {
  // The values are in memory already; this is the work that remains when the last byte has arrived.
  const { length } = row;
  row.begin("f32");
  row.wrote(length);
  row.finish();
  sampler.sample(row, options);
}

function rowsOf(sampler: Sampler, kind: "peaked" | "flat", vocab_size: number): Row[] {
  const make = kind === "peaked" ? peakedRow : flatRow;
  return Array.from({ length: ROWS }, (_, i) => {
    const row = sampler.leaseRow()!; // as many as were asked for
    row.load(make(vocab_size, i + 1));
    row.finish();
    return row;
  });
}

/** Runs two chains in turns, until the slower one has run STEPS steps or BUDGET is spent. */
function compete(sampler: Sampler, rows: readonly Row[], base: StepOptions, other: StepOptions): string {
  const times: [number[], number[]] = [[], []];
  let spent = 0;
  for (let i = 0; i < WARM_UP + STEPS && (spent < BUDGET_US || i < 3 * WARM_UP); i++) {
    const row = rows[i % ROWS]!;
    for (const [which, options] of [base, other].entries()) {
      const time = microseconds(() => step(sampler, row, options));
      spent += time;
      if (i >= WARM_UP) times[which]!.push(time);
    }
  }
  const [mine, theirs] = times.map((list) => list.sort((a, b) => a - b)) as typeof times; // still two lists
  const cells = [theirs[0]!, theirs[theirs.length >> 1]!, mine[0]!].map((time) => time.toFixed(1).padEnd(10));
  return `${cells.join("")} ${(theirs[0]! / mine[0]!).toFixed(2)}`;
}

interface Plan {
  readonly vocab_size: number;
  readonly stages: readonly string[];
  readonly progress: Progress;
}

function report(kind: "peaked" | "flat", { vocab_size, stages, progress }: Plan): void {
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: ROWS });
  const rows = rowsOf(sampler, kind, vocab_size);
  const base = optionsOf([TEMPERATURE]);
  progress.say(`\n${kind.padEnd(36)}min       median    T alone   ratio of minima`);
  for (const { name, example, replaces } of STAGES.filter((stage) => stages.includes(stage.name))) {
    progress.next();
    const entry = { stage: name, ...(LARGER[name] ?? example) };
    const comes_alone = name === TEMPERATURE.stage || replaces?.includes(TEMPERATURE.stage);
    const other = optionsOf(comes_alone ? [entry] : [TEMPERATURE, entry]);
    progress.say(name.padEnd(36) + compete(sampler, rows, base, other));
  }
}

function main(): void {
  // Stages that read texts have no comparable row: bench:grammar measures them.
  const names = STAGES.filter(({ readsText }) => readsText !== true).map(({ name }) => name);
  const { values, operands } = commandLine({
    name: "npm run bench:stages --",
    about:
      "Every stage over a whole row against the chain that has only a temperature, in turns: µs a step, and the ratio of the least.",
    options: { vocab: count("N", "length of a row", 128_256, 50) },
    operands: {
      placeholder: "STAGE",
      about: "stages by name; else all of GET /v1/samplers",
      read: (word) => readWord(word, names),
    },
  });
  const stages = operands.length > 0 ? operands : names;
  const kinds = ["peaked", "flat"] as const;
  const progress = createProgress(
    kinds.flatMap((kind) => stages.map((name) => ({ name: `${name}, ${kind} row`, seconds: 0.25 }))),
  );
  progress.say(`${cpus()[0]?.model}, Node ${process.version}, vocab_size ${values.vocab}; µs`);
  for (const kind of kinds) report(kind, { vocab_size: values.vocab, stages, progress });
  progress.end();
}

await run(main);
