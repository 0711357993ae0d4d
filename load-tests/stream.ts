/**
 * The server's cost of a step on a stream: CPU time of the built service for a row in a frame, on the bare connection
 * and in HTTP, against a bare node:http server that reads the same bytes as one request, and against the service's own
 * POST of one step. All in one run with interleaved rounds; ratios are medians of the rounds, "least" compares the
 * minima.
 */

import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs, faults, median } from "../evidence/process-cost.ts";
import { createProgress, tableLines } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { bf16Bytes, f16Bytes, f32Bytes, randomRow } from "../evidence/rows.ts";
import { buildService, type RunningService, startService } from "../evidence/service.ts";
import { commandLine, count, Misuse, positive, run, text } from "../src/command-line.ts";
import { RIVALS, startRival } from "./floor-server.ts";
import { rawStreams } from "./raw-stream.ts";

const { values } = commandLine({
  name: "npm run bench:stream --",
  about:
    "What a step costs the server on a stream, on the bare connection and in HTTP, against a bare node:http server that reads the same bytes as one request, and against the service's own POST of one step, in turns.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 1),
    rounds: count("N", "rounds, in each of which all have their turn", 5),
    steps: count("N", "steps of a stream", 500),
    only: text("TEXT", "only rows whose name holds the text", ""),
    built: BUILT,
  },
});
const DURATION_MS = values.seconds * 1000;
const ROUNDS = values.rounds;
const STEPS = values.steps;
const WARM_UP_MS = 2000;

const GREEDY = { temperature: 0, seed: "7" };
const SAMPLING = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: "7" };

interface Case {
  readonly name: string;
  readonly dtype: string;
  readonly row: Buffer;
  readonly options: Readonly<Record<string, unknown>>;
  readonly goal: string;
}

interface Cost {
  readonly cpu_us: number;
  readonly per_s: number;
  readonly faults: number;
}

const cases: readonly Case[] = [32_000, 128_256].flatMap((vocab_size) => {
  const row = randomRow(vocab_size, 1);
  const goal = vocab_size === 128_256 ? "≤ 0.9" : "";
  return [
    { name: `f32, ${vocab_size}, greedy`, dtype: "f32", row: f32Bytes(row), options: GREEDY, goal },
    { name: `f32, ${vocab_size}`, dtype: "f32", row: f32Bytes(row), options: SAMPLING, goal },
    { name: `bf16, ${vocab_size}`, dtype: "bf16", row: bf16Bytes(row), options: SAMPLING, goal: "" },
    { name: `f16, ${vocab_size}`, dtype: "f16", row: f16Bytes(row), options: SAMPLING, goal: "" },
  ];
});

async function costOf(
  pids: readonly number[],
  run: () => Promise<{ requests: number; elapsed_ms: number }>,
): Promise<Cost> {
  const [cpu, faulted] = [cpuNs(pids), faults(pids)];
  const { requests, elapsed_ms } = await run();
  return {
    cpu_us: (cpuNs(pids) - cpu) / 1000 / requests,
    per_s: (requests * 1000) / elapsed_ms,
    faults: (faults(pids) - faulted) / requests,
  };
}

/** The ways a row can come, in the order of a round: a bare frame, a frame in HTTP, a POST of ours, a POST to the bare server. */
function waysOf(service: RunningService, bare: { url: string; pid: number }, each: Case) {
  const { dtype, row, options } = each;
  const query = new URLSearchParams({
    dtype,
    ...Object.fromEntries(Object.entries(options).map(([k, v]) => [k, `${v}`])),
  });
  const scenario = { name: each.name, path: `/v1/sample?${query}`, headers: {}, body: row };
  const post = (url: string) => (duration_ms: number) =>
    rawLoad(url, scenario, { connections: 1, duration_ms, requests_max: 1_000_000 });
  const stream = (upgrade: boolean) => (duration_ms: number) =>
    rawStreams(service.url, { dtype, row, options, steps: STEPS, upgrade }, duration_ms);
  return [
    { pids: service.worker_pids, run: stream(true) },
    { pids: service.worker_pids, run: stream(false) },
    { pids: service.worker_pids, run: post(service.url) },
    { pids: [bare.pid], run: post(bare.url) },
  ] as const;
}

const WAYS = 4;
const TABLE = tableLines([
  { head: "row", width: 20 },
  { head: "bare frame: steps/s" },
  { head: "cpu µs" },
  { head: "/ bare POST" },
  { head: "least" },
  { head: "frame in HTTP: steps/s" },
  { head: "cpu µs" },
  { head: "/ bare POST" },
  { head: "least" },
  { head: "POST cpu µs" },
  { head: "bare POST cpu µs" },
  { head: "goal of both" },
]);

async function main(): Promise<void> {
  const chosen = cases.filter(({ name }) => name.includes(values.only));
  if (chosen.length === 0) throw new Misuse(`--only must be part of a row's name, got ${values.only}`);
  const seconds = WAYS * (WARM_UP_MS / 1000 + ROUNDS * values.seconds);
  const progress = createProgress([BUILD, ...chosen.map(({ name }) => ({ name, seconds }))]);
  progress.next();
  if (!values.built) await buildService();
  const service = await startService({ WORKERS: "1" });
  const bare = await startRival(RIVALS.bare);
  try {
    for (const line of TABLE.head) progress.say(line);
    for (const each of chosen) {
      progress.next();
      const ways = waysOf(service, bare, each);
      for (const { pids, run } of ways) await costOf(pids, () => run(WARM_UP_MS));
      const rounds: Cost[][] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const costs: Cost[] = [];
        for (const { pids, run } of ways) costs.push(await costOf(pids, () => run(DURATION_MS)));
        rounds.push(costs);
      }
      progress.say(TABLE.line(cellsOf(each, rounds)));
    }
  } finally {
    progress.end();
    await Promise.all([service.stop(), bare.stop()]);
  }
}

/** The last variant: the baseline of the others. */
const BARE = 3;

function cellsOf({ name, goal }: Case, rounds: readonly Cost[][]): (string | number)[] {
  const of = (pick: (costs: Cost[]) => number) => median(rounds.map(pick));
  const least = (way: number) => Math.min(...rounds.map((costs) => costs[way]!.cpu_us));
  const frame = (way: number) => [
    of((costs) => costs[way]!.per_s).toFixed(0),
    of((costs) => costs[way]!.cpu_us).toFixed(0),
    of((costs) => costs[way]!.cpu_us / costs[BARE]!.cpu_us).toFixed(2),
    (least(way) / least(BARE)).toFixed(2),
  ];
  const cpu = (way: number) => of((costs) => costs[way]!.cpu_us).toFixed(0);
  return [name, ...frame(0), ...frame(1), cpu(2), cpu(BARE), goal];
}

await run(main);
