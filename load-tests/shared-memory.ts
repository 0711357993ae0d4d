/**
 * Measures the cost of a row in shared memory: server CPU of a row of an inference, against a bare node:http server
 * that reads the same row as float32 from its socket. Rounds alternate, because the load of the machine changes.
 * Figures are medians of the rounds; "least" compares the minimum CPU times. The goals at 128,256 are a ratio of at
 * most 0.6, and 7,000 rows of a batch per second of one core. The host's cost of writing the row into the region or to
 * a socket is not counted.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs, median } from "../evidence/process-cost.ts";
import { createProgress, tableLines } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { regionScenario, registerRegion } from "../evidence/regions.ts";
import { bf16Bytes, f32Bytes, randomRow } from "../evidence/rows.ts";
import type { Scenario } from "../evidence/scenarios.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, Misuse, positive, run, text } from "../src/command-line.ts";
import { RIVALS, startRival } from "./floor-server.ts";

const { values } = commandLine({
  name: "npm run bench:shared-memory --",
  about:
    "What a row costs that lies in shared memory: server CPU of a step, against a bare node:http server that reads the same row as float32 from its socket, in turns.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 1),
    rounds: count("N", "rounds, in each of which both have their turn", 5),
    only: text("TEXT", "only rows whose name holds the text", ""),
    built: BUILT,
  },
});
const DURATION_MS = values.seconds * 1000;
const WARM_UP_MS = 1500;
const SHARED_MEMORY = "/dev/shm";
const OPTIONS = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: 7, step: 3 };

interface Case {
  readonly ours: Scenario;
  /** the same row as f32, for the bare server */
  readonly theirs: Scenario;
  readonly connections: number;
  readonly goal: string;
}

/** The rows of a batch, one after the other in the batch's region. */
const BATCH_ROWS = 64;
const BATCH_VOCAB_SIZE = 128_256;
const BATCH_KEY = "batch";
const US_PER_S = 1_000_000;

function bareScenario(vocab_size: number): Scenario {
  const headers = { "content-type": "application/json" };
  return { name: "f32", path: "/", headers, body: f32Bytes(randomRow(vocab_size, 1)) };
}

function casesOf(vocab_size: number, region: string): Case[] {
  const place = { region, vocab_size, rows: 1 };
  const f32 = regionScenario(`f32, ${vocab_size}`, { ...place, dtype: "f32" }, OPTIONS);
  const half = { ...place, dtype: "bf16", offset: vocab_size * 4 } as const;
  const bf16 = regionScenario(`bf16, ${vocab_size}`, half, OPTIONS);
  const theirs = bareScenario(vocab_size);
  const goal = vocab_size === BATCH_VOCAB_SIZE ? "ratio ≤ 0.6" : "";
  return [
    { ours: f32, theirs, connections: 1, goal },
    { ours: f32, theirs, connections: 8, goal },
    { ours: bf16, theirs, connections: 1, goal },
  ];
}

/** Batches of one region. The cost of their rows is compared with one row of the bare server. */
function batchCases(): Case[] {
  const place = { region: BATCH_KEY, rows: BATCH_ROWS, vocab_size: BATCH_VOCAB_SIZE };
  const size = `${BATCH_ROWS} x ${BATCH_VOCAB_SIZE}`;
  const whole = { ...place, dtype: "f32", offset: BATCH_ROWS * BATCH_VOCAB_SIZE * 2 } as const;
  const theirs = bareScenario(BATCH_VOCAB_SIZE);
  return [
    regionScenario(`batch, bf16, ${size}`, { ...place, dtype: "bf16" }, OPTIONS),
    regionScenario(`batch, f32, ${size}`, whole, OPTIONS),
  ].map((ours) => ({ ours, theirs, connections: 1, goal: "≥ 7,000 rows/s" }));
}

/** Server CPU of a row, microseconds. */
async function cpuOf(
  url: string,
  pids: readonly number[],
  each: Scenario,
  connections: number,
  duration_ms = DURATION_MS,
) {
  const before = cpuNs(pids);
  const limits = { connections, duration_ms, requests_max: 1_000_000 };
  const { requests, refused } = await rawLoad(url, each, limits);
  if (refused > 0) throw new Error(`${refused} replies of ${each.name} were refusals`);
  return (cpuNs(pids) - before) / 1000 / requests / (each.rows ?? 1);
}

const SIZES = [128_256, 32_000];
const CASES = [...SIZES.flatMap((size) => casesOf(size, `row-${size}`)), ...batchCases()].filter(
  ({ ours: { name } }) => name.includes(values.only),
);
const TABLE = tableLines([
  { head: "row", width: 33 },
  { head: "connections" },
  { head: "cpu µs" },
  { head: "bare node:http, f32" },
  { head: "ratio" },
  { head: "least", width: 16 },
  { head: "rows/s/core" },
  { head: "goal", width: 14 },
]);

async function main(): Promise<void> {
  if (CASES.length === 0) throw new Misuse(`--only must be part of a row's name, got ${values.only}`);
  const seconds = 2 * (WARM_UP_MS / 1000 + values.rounds * values.seconds);
  const progress = createProgress([BUILD, ...CASES.map(({ ours: { name } }) => ({ name, seconds }))]);
  progress.next();
  if (!values.built) await buildService();
  const directory = await mkdtemp(join(SHARED_MEMORY, "logit-sampler-"));
  const service = await startService({ SHARED_MEMORY: "on", SHARED_MEMORY_DIR: directory });
  const bare = await startRival(RIVALS.bare);
  try {
    for (const line of TABLE.head) progress.say(line);
    for (const size of SIZES) {
      const row = randomRow(size, 1);
      const bytes = Buffer.concat([f32Bytes(row), bf16Bytes(row)]);
      await writeFile(join(directory, `row-${size}`), bytes);
      await registerRegion(service.url, `row-${size}`, bytes.length);
    }
    // The bf16 rows, followed by the same rows as f32.
    const batch = Array.from({ length: BATCH_ROWS }, (_, index) =>
      bf16Bytes(randomRow(BATCH_VOCAB_SIZE, index)),
    );
    const whole = batch.map((_, index) => f32Bytes(randomRow(BATCH_VOCAB_SIZE, index)));
    await writeFile(join(directory, BATCH_KEY), Buffer.concat([...batch, ...whole]));
    await registerRegion(service.url, BATCH_KEY, BATCH_ROWS * BATCH_VOCAB_SIZE * 6);
    for (const { ours, theirs, connections, goal } of CASES) {
      progress.next();
      const our = (ms?: number) => cpuOf(service.url, service.worker_pids, ours, connections, ms);
      const their = (ms?: number) => cpuOf(bare.url, [bare.pid], theirs, connections, ms);
      await our(WARM_UP_MS);
      await their(WARM_UP_MS);
      const rounds: [number, number][] = [];
      for (let round = 0; round < values.rounds; round++) rounds.push([await our(), await their()]);
      const [mine, rivals] = [rounds.map(([each]) => each), rounds.map(([, each]) => each)];
      const least = [Math.min(...mine), Math.min(...rivals)] as const;
      const ratio = median(rounds.map(([a, b]) => a / b));
      const cells = [
        ours.name,
        connections,
        median(mine).toFixed(0),
        median(rivals).toFixed(0),
        ratio.toFixed(2),
        `${least[0].toFixed(0)} / ${least[1].toFixed(0)} = ${(least[0] / least[1]).toFixed(2)}`,
        (US_PER_S / median(mine)).toFixed(0),
        goal,
      ];
      progress.say(TABLE.line(cells));
    }
  } finally {
    progress.end();
    await Promise.all([service.stop(), bare.stop(), rm(directory, { recursive: true })]);
  }
}

await run(main);
