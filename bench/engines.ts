/**
 * Our sampler beside the engines' own, in one run and in turns: `npm run bench:engines`. The engines are llama.cpp and
 * transformers from their packages, and a numpy sampler, each in a Python process that times its own steps. An engine
 * is timed only after it has kept the same tokens with the same probabilities. An engine without some rules runs the
 * others, against ours with the same ones, and is marked "part".
 *
 * Ours runs in this process, with the row in its memory and, a second time, with the row copied there first. Our time
 * is wall-clock time, the engines' time is the CPU time of their thread, so other work on the machine counts only
 * against ours.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aboutWrite } from "../evidence/options.ts";
import { createProgress, type Progress, tableLines } from "../evidence/progress.ts";
import { machineText, thisMachine, writeResults } from "../evidence/results.ts";
import { commandLine, count, flag, Misuse, run, some, text } from "../src/command-line.ts";
import { flatRow, peakedRow } from "../test/kernels/rows.ts";
import { type Engine, HOW_TO_INSTALL, interpreterFor, MODULES, startEngine } from "./engines/python.ts";
import { type Agreement, agreementOf } from "./rivals/agreement.ts";
import { CHAINS, type Chain, type Rules } from "./rivals/chains.ts";
import { createOurs, type Ours } from "./rivals/ours.ts";
import { type Times, timesOf } from "./rivals/race.ts";
import type { Race, RivalResults, RowKind } from "./rivals/results.ts";
import type { Rival } from "./rivals/rival.ts";

const ROW_KINDS = { peaked: peakedRow, flat: flatRow } as const;
/** enough rows that they do not stay in the cache of a core */
const ROWS = 8;
/** An engine stops when this time is used up, but runs every row at least ROUNDS_MIN times. */
const BUDGET_US = 600_000;
const ROUNDS_MIN = 3;
/** About what a race takes. */
const SECONDS = 5;
/** The chains that the engines' samplers support: none of them reports log-probabilities of the unchanged row. */
const RACED = CHAINS.filter(({ rules }) => rules(128_256).top_logprobs === undefined);
const OUR_WARM_UP_STEPS = 3000;

const { values } = commandLine({
  name: "npm run bench:engines --",
  about:
    "Our sampler beside llama.cpp's chain of samplers, transformers' logits processors and a numpy sampler, in one run and in turns: µs a step, the least and the median, ours by the clock and theirs in CPU time. Needs Python with their packages, and says how to install them; an engine that is missing is left out.",
  options: {
    vocab: count("N", "length of a row", 128_256, 1000),
    rounds: count("N", "rounds, in each of which all take every row", 24, ROUNDS_MIN),
    rows: some(Object.keys(ROW_KINDS) as RowKind[], "kinds of rows"), // the two keys above
    chain: some(
      RACED.map(({ id }) => id),
      "chains",
    ),
    engine: some(
      MODULES.map(({ name }) => name),
      "engines",
    ),
    python: text(
      "PATHS",
      "interpreters, separated by commas; else ENGINES_PYTHON, build/venv/bin/python, python3",
      undefined,
    ),
    write: flag(`${aboutWrite("engines")}; needs all engines, rows and chains`),
  },
});

function interpreters(): readonly string[] {
  const named = values.python ?? process.env["ENGINES_PYTHON"];
  return named === undefined || named === "" ? ["build/venv/bin/python", "python3"] : named.split(",");
}

async function startEngines(progress: Progress): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const module of MODULES.filter(({ name }) => values.engine.includes(name))) {
    const python = await interpreterFor(module, interpreters());
    if (python !== undefined) engines.push(await startEngine(python, module));
    else progress.say(`${module.name} is left out: no interpreter has ${module.packages.join(", ")}`);
  }
  if (engines.length === 0) throw new Error(`no engine to run beside; to install them: ${HOW_TO_INSTALL}`);
  return engines;
}

interface Track {
  readonly name: string;
  readonly part: boolean;
  readonly agreement: Agreement;
  /** one step over every row */
  round(): Promise<readonly number[]>;
}

async function ourTrack(rival: Rival, reference: Rival, rules: Rules, { rows }: Ours): Promise<Track> {
  const runner = rival.prepare(rules, values.vocab)!; // ours has every rule
  const asReference = reference.prepare(rules, values.vocab)!;
  const agreement = agreementOf(rival.name, await asReference.kept(rows[0]!), await runner.kept(rows[0]!));
  const round = () => {
    const us = rows.map((row) => {
      const start = process.hrtime.bigint();
      void runner.step(row, 0.5);
      return Number(process.hrtime.bigint() - start) / 1000;
    });
    return Promise.resolve(us);
  };
  for (let step = 0; step < OUR_WARM_UP_STEPS; step += rows.length) await round();
  return { name: rival.name, part: false, agreement, round };
}

async function engineTrack(engine: Engine, asked: Rules, ours: Ours): Promise<Track | undefined> {
  const rules = await engine.prepare(asked);
  if (rules === undefined) return undefined;
  const same = ours.in_place.prepare(rules, values.vocab)!; // ours has every rule
  const agreement = agreementOf(engine.name, await same.kept(ours.rows[0]!), await engine.kept(0));
  const part = JSON.stringify(rules) !== JSON.stringify(asked);
  const indices = [...ours.rows.keys()];
  await engine.steps(indices);
  return { name: engine.name, part, agreement, round: () => engine.steps(indices) };
}

/** All engines take turns, round by round; a slow one stops when its time is used up. */
async function race(tracks: readonly Track[]): Promise<Times[]> {
  const samples = tracks.map(() => [] as number[]);
  const spent_us = tracks.map(() => 0);
  for (let round = 0; round < values.rounds; round++)
    for (const [i, track] of tracks.entries()) {
      if (spent_us[i]! > BUDGET_US && round >= ROUNDS_MIN) continue;
      const us = await track.round();
      samples[i]!.push(...us);
      spent_us[i]! += us.reduce((sum, each) => sum + each, 0);
    }
  return samples.map(timesOf);
}

async function raceOne(chain: Chain, kind: RowKind, ours: Ours, engines: readonly Engine[]): Promise<Race> {
  const rules = chain.rules(values.vocab);
  const tracks: Track[] = [];
  for (const rival of [ours.in_place, ours.copied])
    tracks.push(await ourTrack(rival, ours.in_place, rules, ours));
  for (const engine of engines) {
    const track = await engineTrack(engine, rules, ours);
    if (track !== undefined) tracks.push(track);
  }
  const times = await race(tracks);
  const runners = tracks.map(({ name, part, agreement }, i) => ({ name, part, agreement, ...times[i]! }));
  return { vocab_size: values.vocab, rows: kind, chain: chain.id, runners };
}

const TABLE = tableLines([
  { head: "sampler", width: 20 },
  { head: "least µs" },
  { head: "median µs" },
  { head: "times ours, least" },
  { head: "median", width: 7 },
  { head: "steps" },
  { head: "kept", width: 6 },
  { head: "differ" },
]);

function linesOf({ runners }: Race): string[] {
  const ours = runners[0]!;
  return runners.map(({ name, part, min_us, median_us, steps, agreement }) =>
    TABLE.line([
      part ? `${name} (part)` : name,
      min_us.toFixed(1),
      median_us.toFixed(1),
      (min_us / ours.min_us).toFixed(1),
      (median_us / ours.median_us).toFixed(1),
      steps,
      agreement.kept,
      agreement.only_one,
    ]),
  );
}

async function raceAll(engines: readonly Engine[], progress: Progress): Promise<Race[]> {
  const folder = await mkdtemp(join(tmpdir(), "logit-sampler-engines-"));
  const races: Race[] = [];
  try {
    for (const kind of values.rows) {
      const ours = createOurs(
        Array.from({ length: ROWS }, (_, seed) => ROW_KINDS[kind](values.vocab, seed + 1)),
      );
      const path = join(folder, `${kind}.f32`);
      await writeFile(
        path,
        Buffer.concat(ours.rows.map((row) => Buffer.from(new Uint8Array(row.slice().buffer)))),
      );
      for (const engine of engines) await engine.rows(path, ROWS, values.vocab);
      for (const chain of RACED.filter(({ id }) => values.chain.includes(id))) {
        progress.next();
        const raced = await raceOne(chain, kind, ours, engines);
        races.push(raced);
        for (const line of [`\n${chain.name}, ${kind} rows`, ...TABLE.head, ...linesOf(raced)])
          progress.say(line);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return races;
}

async function main(): Promise<void> {
  const machine = thisMachine();
  const steps = values.rows.flatMap((kind) =>
    values.chain.map((id) => ({ name: `${id}, ${kind} rows`, seconds: SECONDS })),
  );
  const progress = createProgress([{ name: "start the engines", seconds: 10 }, ...steps]);
  progress.next();
  const engines = await startEngines(progress);
  try {
    const is_whole = engines.length === MODULES.length && steps.length === RACED.length * 2;
    if (values.write && !is_whole) throw new Misuse("--write needs all engines, rows and chains");
    const versions = Object.fromEntries(engines.map(({ name, version }) => [name, version]));
    progress.say(`${machineText(machine)}; ${values.vocab} logits, one thread each`);
    progress.say(
      Object.entries(versions)
        .map(([name, version]) => `${name}: ${version}`)
        .join("; "),
    );
    const races = await raceAll(engines, progress);
    progress.end();
    if (values.write) writeResults("engines", { machine, versions, races } satisfies RivalResults);
  } finally {
    progress.end();
    await Promise.all(engines.map((engine) => engine.stop()));
  }
}

await run(main);
