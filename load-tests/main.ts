/**
 * `npm run load`: starts the built service on a free port and puts it under load, scenario by scenario, with two
 * generators: one over raw sockets, and autocannon, which itself costs much with large bodies. It prints a Markdown
 * table and ends with 1 when any request failed.
 */

import { aboutWrite, BUILD, BUILT } from "../evidence/options.ts";
import { createProgress, type Progress, tableLines } from "../evidence/progress.ts";
import type { LoadLimits } from "../evidence/raw-client.ts";
import { machineText, thisMachine, writeResults } from "../evidence/results.ts";
import {
  createScenarios,
  createStreamScenarios,
  type Scenario,
  type StreamScenario,
} from "../evidence/scenarios.ts";
import { buildService, type RunningService, startService } from "../evidence/service.ts";
import { commandLine, count, flag, Misuse, positive, run, text } from "../src/command-line.ts";
import { type Measured, measureAutocannon, measureRaw, WARM_UP } from "./measure.ts";
import type { LoadedScenario, LoadResults } from "./results.ts";

interface Plan {
  readonly limits: LoadLimits;
  readonly scenarios: readonly (Scenario | StreamScenario)[];
  readonly built: boolean;
  readonly write: boolean;
}

function readPlan(): Plan {
  const { values } = commandLine({
    name: "npm run load --",
    about:
      "Puts the built service under load, one way to send a row after the other, with a generator over raw sockets and with autocannon, and prints what came of it. Ends with 1 when a request failed.",
    options: {
      seconds: positive("N", "seconds of load for each scenario and generator", 2),
      connections: count("N", "connections at once", 4),
      requests: count("N", "the most requests for each scenario and generator", 20_000),
      only: text("TEXT", "only scenarios whose name holds the text", ""),
      built: BUILT,
      write: flag(`${aboutWrite("load")}; not with --only`),
    },
  });
  const { seconds, connections, requests, only, built, write } = values;
  if (write && only !== "") throw new Misuse("--write needs every scenario: leave out --only");
  const scenarios = [...createScenarios(), ...createStreamScenarios()].filter(({ name }) =>
    name.includes(only),
  );
  if (scenarios.length === 0) throw new Misuse(`--only must be part of a scenario's name, got ${only}`);
  const limits = { connections, duration_ms: seconds * 1000, requests_max: requests };
  return { limits, scenarios, built, write };
}

async function main(): Promise<void> {
  const { limits, scenarios, built, write } = readPlan();
  const progress = createProgress([BUILD, ...scenarios.map((each) => stepOf(each, limits))]);
  progress.next();
  if (!built) await buildService();
  const service = await startService();
  try {
    const loaded = await measureAll(service, scenarios, limits, progress);
    progress.end();
    console.log(`\n${footer(limits)}`);
    if (write) writeResults("load", resultsOf(loaded, limits));
    const errors = loaded.reduce((sum, each) => sum + errorsOf(each), 0);
    if (errors === 0) return;
    console.error(`${errors} requests failed`);
    process.exitCode = 1;
  } finally {
    progress.end();
    await service.stop();
  }
}

/** The seconds of a scenario: each generator warms up and then measures; autocannon has no streams. */
function stepOf(scenario: Scenario | StreamScenario, { duration_ms }: LoadLimits) {
  const generators = "row" in scenario ? 1 : 2;
  return { name: scenario.name, seconds: generators * (WARM_UP.duration_ms + duration_ms) * 0.001 };
}

function resultsOf(scenarios: readonly LoadedScenario[], limits: LoadLimits): LoadResults {
  const { connections, duration_ms } = limits;
  return { machine: thisMachine(), connections, seconds: duration_ms / 1000, scenarios };
}

const SIDE = [{ head: "req/s" }, { head: "p50 ms" }, { head: "p99 ms" }, { head: "server µs" }];
const TABLE = tableLines([
  { head: "scenario", width: 31 },
  { head: "body", width: 8 },
  ...SIDE,
  { head: "autocannon req/s" },
  ...SIDE.slice(1),
  { head: "errors" },
]);

/** Prints a row as soon as it is measured. */
async function measureAll(
  service: RunningService,
  scenarios: Plan["scenarios"],
  limits: LoadLimits,
  progress: Progress,
): Promise<LoadedScenario[]> {
  for (const line of TABLE.head) progress.say(line);
  const loaded: LoadedScenario[] = [];
  for (const scenario of scenarios) {
    progress.next();
    const each = await measureOne(service, scenario, limits);
    const body = `${Math.round(each.body_bytes / 1024)} KiB`;
    const cannon = each.cannon === undefined ? ["–", "–", "–", "–"] : cells(each.cannon);
    progress.say(TABLE.line([each.name, body, ...cells(each.raw), ...cannon, errorsOf(each)]));
    loaded.push(each);
  }
  return loaded;
}

async function measureOne(
  service: RunningService,
  scenario: Scenario | StreamScenario,
  limits: LoadLimits,
): Promise<LoadedScenario> {
  const raw = await measureRaw(service, scenario, limits);
  const { name } = scenario;
  if ("row" in scenario) return { name, body_bytes: scenario.row.length, rows: 1, raw };
  const cannon = await measureAutocannon(service, scenario, limits);
  return { name, body_bytes: scenario.body.length, rows: scenario.rows ?? 1, raw, cannon };
}

function errorsOf({ raw, cannon }: LoadedScenario): number {
  return raw.errors + (cannon?.errors ?? 0);
}

function cells({ requests_per_s, p50_ms, p99_ms, server_us }: Measured): string[] {
  return [
    requests_per_s.toFixed(0),
    p50_ms.toFixed(2),
    p99_ms.toFixed(2),
    server_us === undefined ? "" : server_us.toFixed(0),
  ];
}

function footer({ connections, duration_ms }: LoadLimits): string {
  return [
    `${machineText(thisMachine())}, ${connections} connections, one service process, ${duration_ms / 1000} s each.`,
    "req/s, p50, p99: the raw socket generator, then autocannon (whole milliseconds). server µs: CPU time of the",
    "service for one request. Errors count every reply that is not 2xx, and with the raw generator every reply",
    "whose bytes differ from the first. Streams have one request for many rows: there a request is a row.",
  ].join("\n");
}

await run(main);
