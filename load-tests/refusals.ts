/**
 * `npm run bench:refusals`: the cost of refusing a request, against answering it, and against a bare node:http server
 * that reads the same body. Server CPU, the minimum of several alternating rounds. At twice the capacity, refusals take
 * time away from answers.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs } from "../evidence/process-cost.ts";
import { createProgress, type Progress } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { f32Bytes, randomRow } from "../evidence/rows.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, positive, run } from "../src/command-line.ts";
import { RIVALS, startRival } from "./floor-server.ts";

const { values } = commandLine({
  name: "npm run bench:refusals --",
  about:
    "What it costs the service to turn a request away, against answering it, and against a bare node:http server that reads the same body: server CPU, in turns.",
  options: {
    seconds: positive("N", "seconds of load of a turn", 0.7),
    rounds: count("N", "rounds, in each of which all have their turn", 5),
    connections: count("N", "connections at once", 32),
    built: BUILT,
  },
});

const BODY = f32Bytes(randomRow(4096, 5));
const STEP = {
  name: "f32, 4096",
  path: "/v1/sample?dtype=f32&temperature=0.8&top_p=0.95&seed=7",
  headers: { "content-type": "application/octet-stream" },
  body: BODY,
};
const LIMITS = {
  connections: values.connections,
  duration_ms: values.seconds * 1000,
  requests_max: Number.POSITIVE_INFINITY,
};

interface Target {
  readonly name: string;
  readonly url: string;
  readonly pids: readonly number[];
  stop(): Promise<unknown>;
}

/** A service whose only row is held by a body that has stopped arriving and is never evicted. */
async function startFull(): Promise<Target> {
  const { url, worker_pids, stop } = await startService({
    LOGIT_SAMPLER_ROWS_MAX: "1",
    LOGIT_SAMPLER_BODY_RATE_MIN: "0",
    LOGIT_SAMPLER_BODY_TIMEOUT_MS: "600000",
  });
  const holder = connect(Number(new URL(url).port), "127.0.0.1");
  await once(holder, "connect");
  holder.write(`POST ${STEP.path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n`);
  holder.write(BODY.subarray(0, 1000));
  while ((await fetch(`${url}/readyz`)).status !== 503) await sleep(5);
  return {
    name: "refused",
    url,
    pids: worker_pids,
    stop() {
      holder.destroy();
      return stop();
    },
  };
}

async function startTargets(): Promise<Target[]> {
  const { url, worker_pids, stop } = await startService();
  const bare = await startRival(RIVALS.bare);
  return [
    { name: "answered", url, pids: worker_pids, stop },
    await startFull(),
    { name: "bare node:http", url: bare.url, pids: [bare.pid], stop: () => bare.stop() },
  ];
}

/** Server CPU of a request, µs. The first round warms up. */
async function leastOf(targets: readonly Target[], progress: Progress): Promise<number[]> {
  const least = targets.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= values.rounds; round++) {
    progress.next();
    for (const [index, { name, url, pids }] of targets.entries()) {
      const before_ns = cpuNs(pids);
      const { requests, refused } = await rawLoad(url, STEP, LIMITS);
      const us = (cpuNs(pids) - before_ns) / 1000 / requests;
      if (name === "refused" && refused < requests) throw new Error(`${requests - refused} were answered`);
      if (round > 0) least[index] = Math.min(least[index]!, us);
    }
  }
  return least;
}

async function main(): Promise<void> {
  const round = { seconds: 3 * values.seconds };
  const progress = createProgress([
    BUILD,
    { name: "warm up", ...round },
    ...Array.from({ length: values.rounds }, (_, i) => ({ name: `round ${i + 1}`, ...round })),
  ]);
  progress.next();
  if (!values.built) await buildService();
  const targets = await startTargets();
  try {
    const least = await leastOf(targets, progress);
    const { connections } = LIMITS;
    progress.end();
    console.log(`${STEP.name}, ${connections} connections, server µs a request, least of ${values.rounds}`);
    for (const [index, { name }] of targets.entries()) console.log(`${name}: ${least[index]!.toFixed(0)}`);
  } finally {
    progress.end();
    await Promise.all(targets.map((target) => target.stop()));
  }
}

await run(main);
