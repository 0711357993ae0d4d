/**
 * The table of docs/transports.md: bytes, round trip and server CPU of one step for every form of a row, at two sizes
 * of vocabulary.
 */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { WebSocket } from "ws";
import { replaceBetween } from "../evidence/markdown.ts";
import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs, median } from "../evidence/process-cost.ts";
import { createProgress, type Progress } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { bf16Bytes, f16Bytes, f32Bytes, randomRow } from "../evidence/rows.ts";
import { buildService, type RunningService, startService } from "../evidence/service.ts";
import { quantile } from "../examples/model-host/report.ts";
import { commandLine, flag, positive, run } from "../src/command-line.ts";
import { rawStreams } from "./raw-stream.ts";

const { values } = commandLine({
  name: "npm run bench:transports --",
  about:
    "Bytes, round trip and server CPU of one step in every form in which a row can travel, at two sizes of vocabulary; the forms take turns.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 0.3),
    built: BUILT,
    write: flag("writes the table into docs/transports.md"),
  },
});
const DURATION_MS = values.seconds * 1000;
/** Warm-up time: the compiler needed more than a second for /v2, the longest path. */
const WARM_UP_MS = 2000;
const ROUNDS = 3;
const PAGE = "docs/transports.md";
const OPTIONS = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: "7" };
const SPARSE_PAIRS = 1024;
const BATCH_ROWS = 16;

interface Ran {
  readonly latencies_ms: readonly number[];
}

/** A way to send a row. `rows` is the number of rows in one round trip. */
interface Form {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  run(url: string, duration_ms: number): Promise<Ran>;
}

function posted(
  name: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  rows = 1,
): Form {
  const run = (url: string, duration_ms: number) =>
    rawLoad(url, { name, path, headers, body }, { connections: 1, duration_ms, requests_max: 1_000_000 });
  return { name, bytes: body.length, rows, run };
}

function json(name: string, logits: unknown): Form {
  const body = Buffer.from(JSON.stringify({ ...OPTIONS, logits }));
  return posted(name, "/v1/sample", { "content-type": "application/json" }, body);
}

function binary(name: string, dtype: string, row: Buffer): Form {
  return posted(name, `/v1/sample?${new URLSearchParams({ dtype, ...texts() })}`, {}, row);
}

function texts(): Record<string, string> {
  return Object.fromEntries(Object.entries(OPTIONS).map(([name, value]) => [name, String(value)]));
}

function batch(row: Buffer, vocab_size: number): Form {
  const head = Buffer.from(JSON.stringify({ ...OPTIONS, dtype: "f32", shape: [BATCH_ROWS, vocab_size] }));
  const headers = { "inference-header-content-length": String(head.length) };
  const body = Buffer.concat([head, ...Array.from({ length: BATCH_ROWS }, () => row)]);
  return posted(`POST, ${BATCH_ROWS} rows f32, a row`, "/v1/sample/batch", headers, body, BATCH_ROWS);
}

/** The same, as Triton's clients send it. */
function inference(row: Buffer, vocab_size: number): Form {
  const parameters = { binary_data_size: row.length };
  const inputs = [{ name: "logits", shape: [1, vocab_size], datatype: "FP32", parameters }];
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true, ...OPTIONS } }));
  const headers = { "inference-header-content-length": String(head.length) };
  return posted("POST /v2, FP32 as bytes", "/v2/models/sampler/infer", headers, Buffer.concat([head, row]));
}

function framed(name: string, dtype: string, row: Buffer, upgrade = false): Form {
  const run = (url: string, duration_ms: number) =>
    rawStreams(url, { dtype, row, options: OPTIONS, steps: 500, upgrade }, duration_ms);
  return { name, bytes: row.length + 4, rows: 1, run };
}

function webSocket(row: Buffer): Form {
  const run = async (url: string, duration_ms: number) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`, { perMessageDeflate: false });
    await once(socket, "open");
    socket.send(JSON.stringify(OPTIONS));
    const latencies_ms: number[] = [];
    const end_ms = performance.now() + duration_ms;
    while (performance.now() < end_ms) {
      const sent_ms = performance.now();
      socket.send(row);
      await once(socket, "message");
      latencies_ms.push(performance.now() - sent_ms);
    }
    socket.terminate();
    return { latencies_ms };
  };
  return { name: "WebSocket, f32", bytes: row.length, rows: 1, run };
}

/** The largest logits as bytes: first their ids, then the values. */
function sparseBinary(row: Float32Array): Form {
  const { token_ids, values, vocab_size } = largest(row);
  const head = Buffer.from(JSON.stringify({ ...OPTIONS, sparse: { count: SPARSE_PAIRS, vocab_size } }));
  const ids = Buffer.from(Int32Array.from(token_ids).buffer);
  const logits = f32Bytes(Float32Array.from(token_ids.keys(), (index) => values[index]!));
  const headers = { "inference-header-content-length": String(head.length) };
  const name = `POST, sparse bytes, ${SPARSE_PAIRS} tokens`;
  return posted(name, "/v1/sample", headers, Buffer.concat([head, ids, logits]));
}

function largest(row: Float32Array) {
  const token_ids = Array.from(row.keys())
    .sort((a, b) => row[b]! - row[a]!)
    .slice(0, SPARSE_PAIRS);
  return { token_ids, values: token_ids.map((id) => row[id]), vocab_size: row.length };
}

function formsOf(vocab_size: number): Form[] {
  const row = randomRow(vocab_size, 1);
  const f32 = f32Bytes(row);
  return [
    framed("stream on the bare connection, f32", "f32", f32, true),
    framed("stream, frames of f32", "f32", f32),
    framed("stream, frames of bf16", "bf16", bf16Bytes(row)),
    binary("POST, f32", "f32", f32),
    binary("POST, f16", "f16", f16Bytes(row)),
    binary("POST, bf16", "bf16", bf16Bytes(row)),
    batch(f32, vocab_size),
    webSocket(f32),
    sparseBinary(row),
    json(`POST, sparse JSON, ${SPARSE_PAIRS} tokens`, largest(row)),
    inference(f32, vocab_size),
    json("POST, base64 of f32 in JSON", { dtype: "f32", data: f32.toString("base64") }),
    json("POST, JSON numbers", Array.from(row)),
  ];
}

interface Cost {
  readonly round_trip_us: number;
  readonly cpu_us: number;
}

/** Round trip and server CPU of a row, microseconds. */
async function measure({ url, worker_pids }: RunningService, form: Form): Promise<Cost> {
  const before = cpuNs(worker_pids);
  const { latencies_ms } = await form.run(url, DURATION_MS);
  const rows = latencies_ms.length * form.rows;
  return {
    round_trip_us: (quantile(latencies_ms, 0.5) * 1000) / form.rows,
    cpu_us: (cpuNs(worker_pids) - before) / 1000 / rows,
  };
}

/** Medians of rounds in which the forms take turns. */
async function measureAll(
  service: RunningService,
  forms: readonly Form[],
  progress: Progress,
): Promise<Map<Form, Cost>> {
  progress.next();
  for (const form of forms) await form.run(service.url, WARM_UP_MS);
  const costs = new Map(forms.map((form) => [form, [] as Cost[]]));
  for (let round = 0; round < ROUNDS; round++) {
    progress.next();
    for (const [form, list] of costs) list.push(await measure(service, form));
  }
  const middle = (list: readonly Cost[], of: keyof Cost) => median(list.map((cost) => cost[of]));
  return new Map(
    Array.from(costs, ([form, list]) => [
      form,
      { round_trip_us: middle(list, "round_trip_us"), cpu_us: middle(list, "cpu_us") },
    ]),
  );
}

async function main(): Promise<void> {
  const sizes = [32_000, 128_256] as const;
  const forms = sizes.map(formsOf);
  const total = forms.flat().length;
  const round = { seconds: total * values.seconds };
  const progress = createProgress([
    BUILD,
    { name: `warm up ${total} forms`, seconds: (total * WARM_UP_MS) / 1000 },
    ...Array.from({ length: ROUNDS }, (_, i) => ({ name: `round ${i + 1}`, ...round })),
  ]);
  progress.next();
  if (!values.built) await buildService();
  const service = await startService({ WORKERS: "1" });
  const lines = [
    `| form | ${sizes.map((size) => `bytes, ${size} | round trip µs | server CPU µs`).join(" | ")} |`,
    `| --- |${" ---: | ---: | ---: |".repeat(sizes.length)}`,
  ];
  try {
    const costs = await measureAll(service, forms.flat(), progress);
    progress.end();
    for (const [index, { name }] of (forms[0] ?? []).entries()) {
      const cells: string[] = [name];
      for (const each of forms) {
        const form = each[index]!;
        const { round_trip_us, cpu_us } = costs.get(form)!;
        cells.push(String(Math.round(form.bytes / form.rows)), round_trip_us.toFixed(0), cpu_us.toFixed(0));
      }
      lines.push(`| ${cells.join(" | ")} |`);
      console.log(lines.at(-1));
    }
  } finally {
    progress.end();
    await service.stop();
  }
  const machine = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}`;
  const note = `Measured by \`npm run bench:transports\` on ${machine}: one connection, one row at a time, \`${JSON.stringify(OPTIONS)}\`, medians of rounds in which the forms take turns; CPU is that of the service.`;
  const table = [...lines, "", note].join("\n");
  if (values.write) await writeFile(PAGE, replaceBetween(await readFile(PAGE, "utf8"), "transports", table));
}

await run(main);
