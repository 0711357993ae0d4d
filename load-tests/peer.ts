/**
 * The built service against a FastAPI + numpy server that does the same: `npm run load:peer`. Both get the same bytes
 * from the raw generator, in turns, round by round; before that both must draw from the same tokens.
 */

import { aboutWrite, BUILD, BUILT } from "../evidence/options.ts";
import { median } from "../evidence/process-cost.ts";
import { createProgress, type Progress, tableLines } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { machineText, thisMachine, writeResults } from "../evidence/results.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, flag, Misuse, positive, run, text } from "../src/command-line.ts";
import { createPeerCases, type PeerCase, requireSameAnswer } from "./peers/cases.ts";
import { startPeer } from "./peers/fastapi.ts";
import type { Load, PeerMeasured, PeerResults } from "./peers/results.ts";
import { cpuTime } from "./server-cpu.ts";

const { values } = commandLine({
  name: "npm run load:peer --",
  about:
    "The built service against a FastAPI and numpy server that does the same: rows a second, in turns. Needs Python with FastAPI, uvicorn and numpy, and says how to install them.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 1),
    rounds: count("N", "rounds, in each of which both have their turn", 3),
    only: text("TEXT", "only bodies whose name holds the text", ""),
    python: text("PATH", "an interpreter with FastAPI, uvicorn and numpy", undefined),
    built: BUILT,
    write: flag(`${aboutWrite("peer")}; not with --only`),
  },
});
const SECONDS = values.seconds;
const ROUNDS = values.rounds;
const CASES = createPeerCases().filter(({ scenario }) => scenario.name.includes(values.only));
/** Warm-up, until the compiler has optimised the code. */
const WARM_UP_MS = 1500;
/** One connection, on which every row also waits for the generator, and as many as keep a server busy. */
const CONNECTIONS = [1, 8];
/** Debian's packages belong to Debian's interpreter, which need not be the first on the path. */
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

const TABLE = tableLines([
  { head: "body", width: 20 },
  { head: "connections" },
  { head: "rows/s" },
  { head: "CPU µs" },
  { head: "peer rows/s" },
  { head: "CPU µs" },
  { head: "times as many" },
  { head: "of the rounds" },
  { head: "goal" },
]);

/** A measurement first warms both servers up, and then runs its rounds. */
const STEPS = CASES.flatMap(({ scenario: { name } }) =>
  CONNECTIONS.map((connections) => ({
    name: `${name}, ${connections} ${connections === 1 ? "connection" : "connections"}`,
    seconds: 2 * (WARM_UP_MS * 0.001 + ROUNDS * SECONDS),
  })),
);

async function measureAll(servers: readonly [Server, Server], progress: Progress): Promise<PeerMeasured[]> {
  for (const line of TABLE.head) progress.say(line);
  const measured: PeerMeasured[] = [];
  for (const each of CASES) {
    await requireSameAnswer(each.scenario, servers[0].url, servers[1].url);
    for (const connections of CONNECTIONS) {
      progress.next();
      const row = await measure(each, connections, servers);
      measured.push(row);
      progress.say(lineOf(row));
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
  return TABLE.line([name, connections, ...sides, ratio.toFixed(1), range, `≥ ${goal}`]);
}

async function main(): Promise<void> {
  if (CASES.length === 0) throw new Misuse(`--only must be part of a body's name, got ${values.only}`);
  if (values.write && values.only !== "") throw new Misuse("--write needs every body: leave out --only");
  const peer = await startPeer(INTERPRETERS);
  const progress = createProgress([BUILD, ...STEPS]);
  progress.next();
  try {
    if (!values.built) await buildService();
    const service = await startService();
    try {
      const machine = thisMachine();
      progress.say(`${machineText(machine)}; one process each; ${peer.versions}`);
      const ours = { url: service.url, pids: service.worker_pids };
      const cases = await measureAll([ours, { url: peer.url, pids: [peer.pid] }], progress);
      progress.end();
      const results = { machine, versions: peer.versions, seconds: SECONDS, rounds: ROUNDS, cases };
      if (values.write) writeResults("peer", results satisfies PeerResults);
    } finally {
      await service.stop();
    }
  } finally {
    progress.end();
    await peer.stop();
  }
}

await run(main);
