/**
 * The built service against a FastAPI + numpy server that does the same: `npm run load:peer`. Both get the same bytes
 * from the raw generator, in turns, round by round; before that both must draw from the same tokens.
 *
 * Flags: --seconds 1 (of a measurement), --rounds 3, --only f32, --built (dist is as it should be), --python PATH
 * (an interpreter with FastAPI, uvicorn and numpy), --write (to bench/results/peer.json).
 */
import { parseArgs } from "node:util";
import { machineText, thisMachine, writeResults } from "../bench/results.ts";
import { buildService, startService } from "../scripts/service.ts";
import { createPeerCases, type PeerCase, requireSameAnswer } from "./peers/cases.ts";
import { startPeer } from "./peers/fastapi.ts";
import type { Load, PeerMeasured, PeerResults } from "./peers/results.ts";
import { median } from "./process-cost.ts";
import { rawLoad } from "./raw-client.ts";
import { cpuTime } from "./server-cpu.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    python: { type: "string" },
    built: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
/** Until the compiler has seen the code often enough. */
const WARM_UP_MS = 1500;
/** One, where every row waits for the generator as well, and as many as keep a server busy. */
const CONNECTIONS = [1, 8];
/** Debian's packages belong to its own interpreter, which need not be the first on the path. */
const INTERPRETERS = values.python === undefined ? ["python3", "/usr/bin/python3"] : [values.python];

interface Server {
  readonly url: string;
  /** the processes that serve */
  readonly pids: readonly number[];
}

interface Round {
  readonly per_s: number;
  /** CPU time of the server for a row; undefined where it cannot be read */
  readonly cpu_us: number | undefined;
}

async function load(
  { url, pids }: Server,
  { scenario }: PeerCase,
  connections: number,
  duration_ms: number,
): Promise<Round> {
  const before_ms = cpuTime(pids);
  const result = await rawLoad(url, scenario, { connections, duration_ms, requests_max: 1_000_000 });
  const after_ms = cpuTime(pids);
  if (result.refused + result.different > 0)
    throw new Error(`${url} gave ${result.refused} refusals and ${result.different} different answers`);
  const cpu_ms = before_ms === undefined || after_ms === undefined ? undefined : after_ms - before_ms;
  return {
    per_s: (result.requests * 1000) / result.elapsed_ms,
    cpu_us: cpu_ms && (cpu_ms * 1000) / result.requests,
  };
}

async function measure(
  each: PeerCase,
  connections: number,
  [ours, theirs]: readonly [Server, Server],
): Promise<PeerMeasured> {
  for (const server of [ours, theirs]) await load(server, each, connections, WARM_UP_MS);
  const rounds: [Round, Round][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const own = await load(ours, each, connections, SECONDS * 1000);
    rounds.push([own, await load(theirs, each, connections, SECONDS * 1000)]);
  }
  const ratios = rounds.map(([own, other]) => own.per_s / other.per_s);
  return {
    name: each.scenario.name,
    connections,
    goal: each.goal,
    ours: middle(rounds.map(([own]) => own)),
    theirs: middle(rounds.map(([, other]) => other)),
    ratio: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
  };
}

function middle(rounds: readonly Round[]): Load {
  const cpu_us = rounds.flatMap((round) => round.cpu_us ?? []);
  return {
    per_s: median(rounds.map(({ per_s }) => per_s)),
    ...(cpu_us.length > 0 && { cpu_us: median(cpu_us) }),
  };
}

async function measureAll(servers: readonly [Server, Server]): Promise<PeerMeasured[]> {
  console.log(
    "| body | connections | rows/s | CPU µs | peer rows/s | CPU µs | times as many | of the rounds | goal |",
  );
  console.log(`|${" --- |".repeat(9)}`);
  const measured: PeerMeasured[] = [];
  for (const each of createPeerCases().filter(({ scenario }) => scenario.name.includes(values.only))) {
    await requireSameAnswer(each.scenario, servers[0].url, servers[1].url);
    for (const connections of CONNECTIONS) {
      const row = await measure(each, connections, servers);
      measured.push(row);
      console.log(lineOf(row));
    }
  }
  return measured;
}

function lineOf({
  name,
  connections,
  ours,
  theirs,
  ratio,
  ratio_min,
  ratio_max,
  goal,
}: PeerMeasured): string {
  const sides = [ours, theirs].flatMap(({ per_s, cpu_us }) => [per_s.toFixed(0), cpu_us?.toFixed(0) ?? ""]);
  const range = `${ratio_min.toFixed(1)} … ${ratio_max.toFixed(1)}`;
  return `| ${[name, connections, ...sides, ratio.toFixed(1), range, `≥ ${goal}`].join(" | ")} |`;
}

async function main(): Promise<void> {
  const peer = await startPeer(INTERPRETERS);
  try {
    if (!values.built) await buildService();
    const service = await startService();
    try {
      const machine = thisMachine();
      console.log(`${machineText(machine)}; one process each; ${peer.versions}`);
      const cases = await measureAll([
        { url: service.url, pids: service.worker_pids },
        { url: peer.url, pids: [peer.pid] },
      ]);
      const results = { machine, versions: peer.versions, seconds: SECONDS, rounds: ROUNDS, cases };
      if (values.write) writeResults("peer", results satisfies PeerResults);
    } finally {
      await service.stop();
    }
  } finally {
    await peer.stop();
  }
}

await main();
