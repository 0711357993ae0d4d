/**
 * Measures what HTTP costs beyond reading the bytes: server CPU of the built service against a bare node:http server
 * that reads the same body, and against the same route on JSON.parse. Rounds alternate, because the load of the machine
 * changes. Figures are medians of the rounds; "least" compares the minimum CPU times, which other work on the machine
 * affects least.
 */

import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs, faults, median } from "../evidence/process-cost.ts";
import { createProgress, tableLines } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { bf16Bytes, f32Bytes, randomRow } from "../evidence/rows.ts";
import { createScenarios, type Scenario } from "../evidence/scenarios.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, Misuse, positive, run, text } from "../src/command-line.ts";
import { RIVALS, startRival } from "./floor-server.ts";

const { values } = commandLine({
  name: "npm run bench:http --",
  about:
    "What HTTP costs beyond reading the bytes: server CPU of the built service against a bare node:http server that reads the same bodies, and against one that calls JSON.parse, in turns.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 1),
    rounds: count("N", "rounds, in each of which both have their turn", 5),
    only: text("TEXT", "only bodies whose name holds the text", ""),
    built: BUILT,
  },
});
const DURATION_MS = values.seconds * 1000;
const ROUNDS = values.rounds;
/**
 * Warm-up, until the compiler has optimised the code. It optimises by how often code runs: on a busy machine large bodies
 * come so rarely that time alone says nothing. A body that takes very long ends it by the last bound.
 */
const WARM_UP_MS = 2000;
const WARM_UP_REQUESTS = 4000;
const WARM_UP_MAX_MS = 40_000;

interface Server {
  readonly url: string;
  /** all processes of the server */
  readonly pids: readonly number[];
}

interface Measured {
  readonly cpu_us: number;
  readonly rps: number;
  readonly faults: number;
}

interface Case {
  readonly scenario: Scenario;
  readonly rival: "bare" | "json_parse";
  readonly connections: number;
  /** the figure of the goal, and its bound */
  readonly goal: string;
}

async function measure({ url, pids }: Server, scenario: Scenario, connections: number): Promise<Measured> {
  const [cpu, faulted] = [cpuNs(pids), faults(pids)];
  const limits = { connections, duration_ms: DURATION_MS, requests_max: 1_000_000 };
  const result = await rawLoad(url, scenario, limits);
  if (result.refused > 0) throw new Error(`${result.refused} replies of ${scenario.name} were refusals`);
  return {
    cpu_us: (cpuNs(pids) - cpu) / 1000 / result.requests,
    rps: (result.requests * 1000) / result.elapsed_ms,
    faults: (faults(pids) - faulted) / result.requests,
  };
}

async function warmUp({ url }: Server, scenario: Scenario, connections: number): Promise<void> {
  const end_ms = performance.now() + WARM_UP_MAX_MS;
  const limits = { connections, duration_ms: WARM_UP_MS, requests_max: 1_000_000 };
  for (let requests = 0; requests < WARM_UP_REQUESTS && performance.now() < end_ms; )
    requests += (await rawLoad(url, scenario, limits)).requests;
}

function least(rounds: readonly (readonly [Measured, Measured])[], side: 0 | 1): number {
  return Math.min(...rounds.map((pair) => pair[side].cpu_us));
}

/** The large JSON body, with all the digits that Python writes. */
function fullPrecision(vocab_size: number): Scenario {
  const logits = Array.from({ length: vocab_size }, (_, index) => Math.sin(index * 1.7) * 9.3 - 2);
  const body = Buffer.from(JSON.stringify({ temperature: 0.8, top_k: 40, top_p: 0.95, seed: 7, logits }));
  return {
    name: `JSON, ${vocab_size} of full precision`,
    path: "/v1/sample",
    headers: { "content-type": "application/json" },
    body,
  };
}

/** A sparse row as bytes: the ids of a JSON scenario, then its logits, with its options in a header. */
function inBytes({ name, path, body }: Scenario): Scenario {
  const { logits, ...options } = JSON.parse(body.toString()) as {
    logits: { token_ids: number[]; values: number[]; vocab_size: number };
  };
  const { token_ids, values, vocab_size } = logits;
  const header = Buffer.from(
    JSON.stringify({ dtype: "f32", sparse: { count: token_ids.length, vocab_size }, ...options }),
  );
  const pairs = [Buffer.from(Int32Array.from(token_ids).buffer), f32Bytes(Float32Array.from(values))];
  return {
    name: name.replace("JSON", "f32"),
    path,
    headers: { "inference-header-content-length": String(header.length) },
    body: Buffer.concat([header, ...pairs]),
  };
}

/** Sixty-four rows as a model host would send them. */
function largeBatch(vocab_size: number): Scenario {
  const shape = [64, vocab_size];
  const header = Buffer.from(
    JSON.stringify({ dtype: "bf16", shape, temperature: 0.8, top_k: 40, seed: "7" }),
  );
  const rows = Array.from({ length: 64 }, (_, index) => bf16Bytes(randomRow(vocab_size, index)));
  return {
    name: `batch bf16, ${shape.join(" x ")}`,
    path: "/v1/sample/batch",
    headers: { "inference-header-content-length": String(header.length) },
    body: Buffer.concat([header, ...rows]),
  };
}

function casesOf(scenarios: readonly Scenario[]): Case[] {
  const binary = scenarios.filter(({ name }) => /^(f32|f16|bf16)/.test(name));
  const sparse = scenarios.filter(({ name }) => name.startsWith("sparse"));
  const batches = scenarios.filter(({ name }) => name.startsWith("batch"));
  const cases: Case[] = [
    ...binary.map((scenario) => ({
      scenario,
      rival: "bare" as const,
      connections: 1,
      goal: scenario.name.startsWith("f32") ? "cpu ≤ 1.5" : "",
    })),
    ...binary.slice(0, 2).map((scenario) => ({ scenario, rival: "bare" as const, connections: 8, goal: "" })),
    // The goal: 10,000 requests a second and core.
    ...sparse
      .flatMap((each) => [each, inBytes(each)])
      .flatMap((scenario) =>
        [1, 8].map((connections) => ({
          scenario,
          rival: "bare" as const,
          connections,
          goal: "cpu µs ≤ 100",
        })),
      ),
    ...batches.map((scenario) => ({ scenario, rival: "bare" as const, connections: 1, goal: "" })),
    { scenario: largeBatch(128_256), rival: "bare", connections: 1, goal: "cpu µs ≤ 12,800" },
    { scenario: fullPrecision(128_256), rival: "json_parse", connections: 1, goal: "rps ≥ 3" },
    { scenario: fullPrecision(32_000), rival: "json_parse", connections: 1, goal: "" },
  ];
  return cases.filter(({ scenario }) => scenario.name.includes(values.only));
}

const TABLE = tableLines([
  { head: "body", width: 30 },
  { head: "connections" },
  { head: "rps" },
  { head: "cpu µs" },
  { head: "faults" },
  { head: "against", width: 10 },
  { head: "rps" },
  { head: "cpu µs" },
  { head: "rps ratio" },
  { head: "cpu ratio" },
  { head: "least cpu", width: 20 },
  { head: "goal", width: 15 },
]);

async function main(): Promise<void> {
  const cases = casesOf(createScenarios());
  if (cases.length === 0) throw new Misuse(`--only must be part of a body's name, got ${values.only}`);
  const seconds = 2 * (WARM_UP_MS / 1000 + ROUNDS * values.seconds);
  const steps = cases.map(({ scenario, connections }) => ({
    name: `${scenario.name}, ${connections}`,
    seconds,
  }));
  const progress = createProgress([BUILD, ...steps]);
  progress.next();
  if (!values.built) await buildService();
  const service = await startService();
  const rivals = { bare: await startRival(RIVALS.bare), json_parse: await startRival(RIVALS.json_parse) };
  try {
    for (const line of TABLE.head) progress.say(line);
    for (const { scenario, rival, connections, goal } of cases) {
      progress.next();
      const ours: Server = { url: service.url, pids: service.worker_pids };
      const theirs: Server = { url: rivals[rival].url, pids: [rivals[rival].pid] };
      const rounds: (readonly [Measured, Measured])[] = [];
      for (const server of [ours, theirs]) await warmUp(server, scenario, connections);
      for (let round = 0; round < ROUNDS; round++)
        rounds.push([
          await measure(ours, scenario, connections),
          await measure(theirs, scenario, connections),
        ]);
      const of = (pick: (pair: readonly [Measured, Measured]) => number) => median(rounds.map(pick));
      const cells = [
        scenario.name,
        connections,
        of(([our]) => our.rps).toFixed(0),
        of(([our]) => our.cpu_us).toFixed(0),
        of(([our]) => our.faults).toFixed(1),
        rival,
        of(([, their]) => their.rps).toFixed(0),
        of(([, their]) => their.cpu_us).toFixed(0),
        of(([our, their]) => our.rps / their.rps).toFixed(2),
        of(([our, their]) => our.cpu_us / their.cpu_us).toFixed(2),
        `${least(rounds, 0).toFixed(0)} / ${least(rounds, 1).toFixed(0)} = ${(least(rounds, 0) / least(rounds, 1)).toFixed(2)}`,
        goal,
      ];
      progress.say(TABLE.line(cells));
    }
  } finally {
    progress.end();
    await Promise.all([service.stop(), rivals.bare.stop(), rivals.json_parse.stop()]);
  }
}

await run(main);
