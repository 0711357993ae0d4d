/**
 * `npm run bench:workers`: compares the steps a second of two workers with those of one, in turns. Two loads are cheap
 * to send and expensive to answer: rows in shared memory, one and sixteen a request, for stages that read the whole
 * row. So one generator can keep two workers busy although it shares their cores. The third load sends its rows through
 * sockets, which costs the generator as much as the service, so the cores are the limit. Each figure is compared with
 * the work of two processes that share nothing, measured around the same rounds, which is the maximum. Rounds in which
 * it is less than 1.8 are left out.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { BUILD, BUILT } from "../evidence/options.ts";
import { median } from "../evidence/process-cost.ts";
import { createProgress, tableLines } from "../evidence/progress.ts";
import { regionScenario, registerRegion } from "../evidence/regions.ts";
import { f32Bytes, randomRow } from "../evidence/rows.ts";
import { createScenarios, type Scenario } from "../evidence/scenarios.ts";
import { buildService, type RunningService, startService } from "../evidence/service.ts";
import { commandLine, count, Misuse, positive, run, text } from "../src/command-line.ts";
import { measureRaw, type RawMeasured, WARM_UP } from "./measure.ts";
import { coresToBeHad } from "./spin.ts";

const { values } = commandLine({
  name: "npm run bench:workers --",
  about:
    "How many steps a second two workers answer, to those of one, in turns; beside them what two processes that share nothing get out of the machine. Needs two cores that do nothing else: rounds in which they do are left out.",
  options: {
    seconds: positive("N", "seconds of load of a turn", 0.8),
    rounds: count("N", "rounds that have to count", 4),
    connections: count("N", "connections at once", 8),
    only: text("TEXT", "only loads whose name holds the text", ""),
    built: BUILT,
  },
});

const LIMITS = {
  connections: values.connections,
  duration_ms: values.seconds * 1000,
  requests_max: Number.POSITIVE_INFINITY,
};

/** The minimum work of two processes that share nothing, for a round to count. */
const QUIET_CORES = 1.8;
const SHARED_MEMORY = "/dev/shm";
const REGION = "row";
const VOCAB_SIZE = 128_256;
const BATCH_ROWS = 16;
/** Chains that read the whole row: about 1.4 ms and 0.5 ms a row. */
const SINGLE = { temperature: 1.1, top_p: 0.9, logprobs: true, top_logprobs: 20 };
const BATCH = { temperature: 1.1, typical_p: 0.9 };
const PLACE = { region: REGION, dtype: "f32", vocab_size: VOCAB_SIZE } as const;

const LOADS: readonly Scenario[] = [
  regionScenario("one row in shared memory", { ...PLACE, rows: 1 }, { ...SINGLE, seed: 7 }),
  regionScenario("batch of 16 rows in shared memory", { ...PLACE, rows: BATCH_ROWS }, { ...BATCH, seed: 7 }),
  ...createScenarios().filter(({ name }) => name === `f32, ${VOCAB_SIZE}`),
];

interface Round {
  readonly one: RawMeasured;
  readonly two: RawMeasured;
  /** work of two processes that share nothing, relative to one */
  readonly machine: number;
}

/**
 * The work of one and of two workers, in turns, so that machine load affects both equally. A round in which another
 * program took the cores is not counted.
 */
async function roundsOf(one: RunningService, two: RunningService, load: Scenario): Promise<Round[]> {
  const wanted = values.rounds;
  const rounds: Round[] = [];
  let before = await coresToBeHad();
  for (let round = 0; rounds.length < wanted && round < wanted * 3; round++) {
    const measured = { one: await measureRaw(one, load, LIMITS), two: await measureRaw(two, load, LIMITS) };
    const after = await coresToBeHad();
    if (Math.min(before, after) >= QUIET_CORES)
      rounds.push({ ...measured, machine: Math.min(before, after) });
    before = after;
  }
  return rounds;
}

const TABLE = tableLines([
  { head: "load", width: 33 },
  { head: "requests/s, one worker" },
  { head: "two" },
  { head: "ratio", width: 8 },
  { head: "two spinning processes" },
  { head: "CPU a request" },
  { head: "generator, cores" },
  { head: "failed" },
]);

function row(load: string, rounds: readonly Round[]): string {
  if (rounds.length === 0) return `| ${load} | the machine did other work in every round |`;
  const middle = (figure: (round: Round) => number, digits: number) =>
    median(rounds.map(figure)).toFixed(digits);
  const failed = rounds.reduce((sum, { one, two }) => sum + one.errors + two.errors, 0);
  return TABLE.line([
    load,
    middle(({ one }) => one.requests_per_s, 0),
    middle(({ two }) => two.requests_per_s, 0),
    `**${middle(({ one, two }) => two.requests_per_s / one.requests_per_s, 2)}**`,
    middle(({ machine }) => machine, 2),
    middle(({ one, two }) => (two.server_us ?? Number.NaN) / (one.server_us ?? Number.NaN), 2),
    `${middle(({ one }) => one.generator_cores, 2)} / ${middle(({ two }) => two.generator_cores, 2)}`,
    failed,
  ]);
}

async function main(): Promise<void> {
  const loads = LOADS.filter(({ name }) => name.includes(values.only));
  if (loads.length === 0) throw new Misuse(`--only must be part of a load's name, got ${values.only}`);
  const seconds = values.rounds * 2 * (WARM_UP.duration_ms / 1000 + values.seconds);
  const progress = createProgress([BUILD, ...loads.map(({ name }) => ({ name, seconds }))]);
  progress.next();
  if (!values.built) await buildService();
  const directory = await mkdtemp(join(SHARED_MEMORY, "logit-sampler-"));
  const rows = Array.from({ length: BATCH_ROWS }, (_, index) => f32Bytes(randomRow(VOCAB_SIZE, index + 2)));
  await writeFile(join(directory, REGION), Buffer.concat(rows));
  const memory = { SHARED_MEMORY: "on", SHARED_MEMORY_DIR: directory };
  const services = await Promise.all(
    ["1", "2"].map((WORKERS) => startService({ ...memory, WORKERS, SPARE_WORKERS: "0" })),
  );
  try {
    for (const { url } of services) await registerRegion(url, REGION, BATCH_ROWS * VOCAB_SIZE * 4);
    progress.say(`${LIMITS.connections} connections, ${cpus().length} cores, Node ${process.version}`);
    for (const line of TABLE.head) progress.say(line);
    for (const load of loads) {
      progress.next();
      progress.say(row(load.name, await roundsOf(services[0]!, services[1]!, load)));
    }
  } finally {
    progress.end();
    await Promise.all(services.map((service) => service.stop()));
    await rm(directory, { recursive: true });
  }
}

await run(main);
