/**
 * What a row costs that lies in shared memory: server CPU of a step, against a bare node:http server that reads the
 * same row as float32 from its socket. Rounds are interleaved, since the machine drifts; figures are medians of the
 * rounds, "least" compares the least CPU time of each. The goal is 0.6 or less at 128,256, and 7,000 rows of a batch
 * there for a second of one core. What the host pays for writing the row into the region is not counted, as writing it to
 * a socket is not.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs, median } from "../evidence/process-cost.ts";
import { createProgress, tableLines } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { bf16Bytes, f32Bytes, randomRow } from "../evidence/rows.ts";
import type { Scenario } from "../evidence/scenarios.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, Misuse, positive, run, text } from "../src/command-line.ts";
import { RIVALS, startRival } from "./floor-server.ts";
import { rawStreams } from "./raw-stream.ts";

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
  /** its steps go over one stream, without HTTP around each */
  readonly stream?: true;
  /** the same row as f32, for the bare server */
  readonly theirs: Scenario;
  readonly connections: number;
  readonly goal: string;
}

/** The rows of a batch, one behind the other in its region. */
const BATCH_ROWS = 64;
const BATCH_VOCAB_SIZE = 128_256;
const BATCH_KEY = "batch";
const US_PER_S = 1_000_000;

function scenario(name: string, path: string, body: Buffer): Scenario {
  return { name, path, headers: { "content-type": "application/json" }, body };
}

function casesOf(vocab_size: number, key: string): Case[] {
  const row_bytes = vocab_size * 4;
  const theirs = scenario("f32", "/", f32Bytes(randomRow(vocab_size, 1)));
  const place = (dtype: string, offset: number) => ({
    logits: { shared_memory: { region: key, offset, dtype, shape: [vocab_size] } },
  });
  const step = (dtype: string, offset: number) =>
    Buffer.from(JSON.stringify({ ...OPTIONS, ...place(dtype, offset) }));
  const parameters = { shared_memory_region: key, shared_memory_byte_size: row_bytes };
  const inputs = [{ name: "logits", shape: [1, vocab_size], datatype: "FP32", parameters }];
  const outputs = [{ name: "token_id" }];
  const inference = Buffer.from(JSON.stringify({ inputs, outputs, parameters: OPTIONS }));
  const f32 = scenario(`/v1, f32, ${vocab_size}`, "/v1/sample", step("f32", 0));
  const bf16 = scenario(`/v1, bf16, ${vocab_size}`, "/v1/sample", step("bf16", row_bytes));
  const line = Buffer.from(JSON.stringify(place("f32", 0)));
  const stream = scenario(`stream, f32, ${vocab_size}`, "/v1/stream", line);
  const v2 = scenario(`/v2, f32, ${vocab_size}`, "/v2/models/sampler/infer", inference);
  const goal = vocab_size === BATCH_VOCAB_SIZE ? "ratio ≤ 0.6" : "";
  return [
    { ours: f32, theirs, connections: 1, goal },
    { ours: f32, theirs, connections: 8, goal },
    { ours: bf16, theirs, connections: 1, goal },
    { ours: stream, theirs, connections: 1, stream: true, goal },
    { ours: v2, theirs, connections: 1, goal },
  ];
}

/** Batches of one region, through /v1 and /v2. What their rows cost is held against one row of the bare server. */
function batchCases(): Case[] {
  const theirs = scenario("f32", "/", f32Bytes(randomRow(BATCH_VOCAB_SIZE, 1)));
  const goal = "≥ 7,000 rows/s";
  return (["bf16", "f32"] as const).flatMap((dtype) => {
    const row_bytes = BATCH_VOCAB_SIZE * (dtype === "f32" ? 4 : 2);
    const first = dtype === "f32" ? BATCH_ROWS * BATCH_VOCAB_SIZE * 2 : 0;
    const rows = Array.from({ length: BATCH_ROWS }, (_, index) => ({
      logits: {
        shared_memory: {
          region: BATCH_KEY,
          offset: first + index * row_bytes,
          dtype,
          shape: [BATCH_VOCAB_SIZE],
        },
      },
    }));
    const parameters = {
      shared_memory_region: BATCH_KEY,
      shared_memory_offset: first,
      shared_memory_byte_size: BATCH_ROWS * row_bytes,
    };
    const shape = [BATCH_ROWS, BATCH_VOCAB_SIZE];
    const inputs = [{ name: "logits", shape, datatype: dtype === "f32" ? "FP32" : "BF16", parameters }];
    const inference = { inputs, outputs: [{ name: "token_id" }], parameters: OPTIONS };
    const name = `batch, ${dtype}, ${BATCH_ROWS} x ${BATCH_VOCAB_SIZE}`;
    const batch = Buffer.from(JSON.stringify({ ...OPTIONS, rows }));
    return [
      scenario(`/v1 ${name}`, "/v1/sample/batch", batch),
      scenario(`/v2 ${name}`, "/v2/models/sampler/infer", Buffer.from(JSON.stringify(inference))),
    ].map((ours) => ({ ours: { ...ours, rows: BATCH_ROWS }, theirs, connections: 1, goal }));
  });
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

async function cpuOfStream(url: string, pids: readonly number[], { body }: Scenario, duration_ms: number) {
  const before = cpuNs(pids);
  const load = { dtype: "f32", row: body, text: true, options: OPTIONS, steps: 500, upgrade: true };
  const { requests } = await rawStreams(url, load, duration_ms);
  return (cpuNs(pids) - before) / 1000 / requests;
}

async function register(url: string, key: string, byte_size: number): Promise<void> {
  const path = `/v2/systemsharedmemory/region/${key}/register`;
  const reply = await fetch(url + path, { method: "POST", body: JSON.stringify({ key, byte_size }) });
  if (!reply.ok) throw new Error(await reply.text());
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
      await register(service.url, `row-${size}`, bytes.length);
    }
    // The bf16 rows, and behind them the same as f32.
    const batch = Array.from({ length: BATCH_ROWS }, (_, index) =>
      bf16Bytes(randomRow(BATCH_VOCAB_SIZE, index)),
    );
    const whole = batch.map((_, index) => f32Bytes(randomRow(BATCH_VOCAB_SIZE, index)));
    await writeFile(join(directory, BATCH_KEY), Buffer.concat([...batch, ...whole]));
    await register(service.url, BATCH_KEY, BATCH_ROWS * BATCH_VOCAB_SIZE * 6);
    for (const { ours, theirs, connections, stream, goal } of CASES) {
      progress.next();
      const our = (ms = DURATION_MS) =>
        stream
          ? cpuOfStream(service.url, service.worker_pids, ours, ms)
          : cpuOf(service.url, service.worker_pids, ours, connections, ms);
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
