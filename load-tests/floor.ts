/**
 * Compares the service with the minimum that a server must do: a C program reads the same bytes and answers a constant
 * (floor.c), a bare node:http server does the same, and ours samples. Server CPU and round trip of one row at a time,
 * in turns; "least" compares the least of the rounds, which other work on the machine disturbs least.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs } from "../evidence/process-cost.ts";
import { createProgress, tableLines } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { f32Bytes, randomRow } from "../evidence/rows.ts";
import { buildService, startService } from "../evidence/service.ts";
import { quantile } from "../examples/model-host/report.ts";
import { commandLine, count, positive, run } from "../src/command-line.ts";
import { RIVALS, type Rival, rivalOf, startRival } from "./floor-server.ts";
import { rawStreams } from "./raw-stream.ts";

const { values } = commandLine({
  name: "npm run bench:floor --",
  about:
    "Server CPU and round trip of one row at a time, against a C program that only reads the same bytes and answers a constant, and a bare node:http server, in turns. Needs cc.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 0.5),
    rounds: count("N", "rounds, in each of which all have their turn", 7),
    built: BUILT,
  },
});
const DURATION_MS = values.seconds * 1000;
/** Warm-up, until the compiler has optimised the code even on a busy machine; its threads would count otherwise. */
const WARM_UP_MS = 6000;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OPTIONS = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: "7" };
const SIZES = [32_000, 128_256];
const STEPS = 500;

interface Cost {
  readonly cpu_us: number;
  readonly round_trip_us: number;
}

/** Compiles the C program and starts it. */
function startFloor(): Promise<Rival> {
  const program = join(ROOT, "build/floor");
  mkdirSync(join(ROOT, "build"), { recursive: true });
  execFileSync("cc", ["-O2", "-o", program, join(ROOT, "load-tests/floor.c")], { stdio: "inherit" });
  return rivalOf(spawn(program, { stdio: ["ignore", "pipe", "inherit"] }));
}

interface Way {
  readonly pids: readonly number[];
  run(duration_ms: number): Promise<{ readonly latencies_ms: readonly number[] }>;
}

async function costOf({ pids, run: load }: Way): Promise<Cost> {
  const before = cpuNs(pids);
  const { latencies_ms } = await load(DURATION_MS);
  return {
    cpu_us: (cpuNs(pids) - before) / 1000 / latencies_ms.length,
    round_trip_us: quantile(latencies_ms, 0.5) * 1000,
  };
}

interface Server {
  readonly url: string;
  readonly pids: readonly number[];
}

function posted({ url, pids }: Server, row: Buffer): Way {
  const query = new URLSearchParams({ dtype: "f32" });
  for (const [name, value] of Object.entries(OPTIONS)) query.set(name, String(value));
  const scenario = { name: "f32", path: `/v1/sample?${query}`, headers: {}, body: row };
  return {
    pids,
    run: (duration_ms) => rawLoad(url, scenario, { connections: 1, duration_ms, requests_max: 1_000_000 }),
  };
}

function framed({ url, pids }: Server, row: Buffer): Way {
  const load = { dtype: "f32", row, options: OPTIONS, steps: STEPS, upgrade: true };
  return { pids, run: (duration_ms) => rawStreams(url, load, duration_ms) };
}

const TABLE = tableLines([
  { head: "row", width: 26 },
  { head: "C: cpu µs" },
  { head: "round trip" },
  { head: "bare node:http" },
  { head: "round trip" },
  { head: "ours" },
  { head: "round trip" },
  { head: "cpu, of C", width: 10 },
  { head: "round trip, of C", width: 10 },
  { head: "goal", width: 8 },
]);

function line(name: string, goal: string, rounds: readonly (readonly Cost[])[]): string {
  const least = (way: number, of: keyof Cost) =>
    Math.min(...rounds.map((round) => round[way]?.[of] ?? Number.POSITIVE_INFINITY));
  const shown = (value: number) => (Number.isFinite(value) ? value.toFixed(0) : "–");
  const cells = [0, 1, 2].flatMap((way) => [shown(least(way, "cpu_us")), shown(least(way, "round_trip_us"))]);
  const ratio = (of: keyof Cost) => (least(2, of) / least(0, of)).toFixed(2);
  return TABLE.line([name, ...cells, ratio("cpu_us"), ratio("round_trip_us"), goal]);
}

async function main(): Promise<void> {
  const each = 3 * (WARM_UP_MS / 1000 + values.rounds * values.seconds);
  const progress = createProgress([
    BUILD,
    ...SIZES.flatMap((size) => [`POST ${size}`, `frames ${size}`]).map((name) => ({ name, seconds: each })),
  ]);
  progress.next();
  if (!values.built) await buildService();
  const floor = await startFloor();
  const bare = await startRival(RIVALS.bare);
  const service = await startService({ WORKERS: "1" });
  const least: Server = { url: floor.url, pids: [floor.pid] };
  const ours: Server = { url: service.url, pids: service.worker_pids };
  try {
    for (const head of TABLE.head) progress.say(head);
    for (const size of SIZES) {
      const row = f32Bytes(randomRow(size, 1));
      const small = size === SIZES[0];
      const cases: [string, string, (Way | undefined)[]][] = [
        [
          `POST, f32 ${size}`,
          small ? "≤ 3" : "≤ 2.2",
          [posted(least, row), posted({ url: bare.url, pids: [bare.pid] }, row), posted(ours, row)],
        ],
        [
          `bare frame, f32 ${size}`,
          small ? "≤ 2.2" : "≤ 1.6",
          [framed(least, row), undefined, framed(ours, row)],
        ],
      ];
      for (const [name, goal, ways] of cases) {
        progress.next();
        for (const way of ways) await way?.run(WARM_UP_MS);
        const rounds: Cost[][] = [];
        for (let round = 0; round < values.rounds; round++) {
          const costs: Cost[] = [];
          for (const way of ways) costs.push(way === undefined ? NOT_MEASURED : await costOf(way));
          rounds.push(costs);
        }
        progress.say(line(name, goal, rounds));
      }
    }
  } finally {
    progress.end();
    await Promise.all([service.stop(), bare.stop(), floor.stop()]);
  }
}

const NOT_MEASURED = { cpu_us: Number.POSITIVE_INFINITY, round_trip_us: Number.POSITIVE_INFINITY };

await run(main);
