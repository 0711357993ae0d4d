/**
 * `npm run load`: starts the built service on a free port and puts it under load, scenario by scenario, with
 * two generators: one over raw sockets, and autocannon, whose own cost weighs on large bodies. It prints a
 * Markdown table and ends with 1 when any request failed.
 *
 * Flags: --seconds 2 (per scenario and generator), --connections 4, --requests 20000 (the most per scenario
 * and generator), --only f32 (scenarios whose name holds the text), --built (dist is as it should be), --write (to
 * bench/results/load.json; not with --only).
 */
import { parseArgs } from "node:util";
import { machineText, thisMachine, writeResults } from "../bench/results.ts";
import { buildService, type RunningService, startService } from "../scripts/service.ts";
import { type Measured, measureAutocannon, measureRaw } from "./measure.ts";
import type { LoadLimits } from "./raw-client.ts";
import type { LoadedScenario, LoadResults } from "./results.ts";
import { createScenarios, createStreamScenarios, type Scenario, type StreamScenario } from "./scenarios.ts";

interface Plan {
  readonly limits: LoadLimits;
  readonly scenarios: readonly (Scenario | StreamScenario)[];
  readonly built: boolean;
  readonly write: boolean;
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "2" },
      connections: { type: "string", default: "4" },
      requests: { type: "string", default: "20000" },
      only: { type: "string", default: "" },
      built: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  if (values.write && values.only !== "") throw new Error("--write needs every scenario: leave out --only");
  const limits = {
    connections: positive("connections", values.connections),
    duration_ms: positive("seconds", values.seconds) * 1000,
    requests_max: positive("requests", values.requests),
  };
  const all = [...createScenarios(), ...createStreamScenarios()];
  const scenarios = all.filter(({ name }) => name.includes(values.only));
  return { limits, scenarios, built: values.built, write: values.write };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, got ${text}`);
  return value;
}

async function main(): Promise<void> {
  const { limits, scenarios, built, write } = readPlan();
  if (!built) await buildService();
  const service = await startService();
  try {
    const loaded = await measureAll(service, scenarios, limits);
    console.log(`\n${footer(limits)}`);
    if (write) writeResults("load", resultsOf(loaded, limits));
    const errors = loaded.reduce((sum, each) => sum + errorsOf(each), 0);
    if (errors === 0) return;
    console.error(`${errors} requests failed`);
    process.exitCode = 1;
  } finally {
    await service.stop();
  }
}

function resultsOf(scenarios: readonly LoadedScenario[], limits: LoadLimits): LoadResults {
  const { connections, duration_ms } = limits;
  return { machine: thisMachine(), connections, seconds: duration_ms / 1000, scenarios };
}

/** Prints a row as soon as it is measured. */
async function measureAll(
  service: RunningService,
  scenarios: Plan["scenarios"],
  limits: LoadLimits,
): Promise<LoadedScenario[]> {
  console.log(
    "| scenario | body | req/s | p50 ms | p99 ms | server µs | autocannon req/s | p50 ms | p99 ms | server µs | errors |",
  );
  console.log(`|${" --- |".repeat(11)}`);
  const loaded: LoadedScenario[] = [];
  for (const scenario of scenarios) {
    const each = await measureOne(service, scenario, limits);
    const body = `${Math.round(each.body_bytes / 1024)} KiB`;
    const cannon = each.cannon === undefined ? ["–", "–", "–", "–"] : cells(each.cannon);
    console.log(`| ${[each.name, body, ...cells(each.raw), ...cannon, errorsOf(each)].join(" | ")} |`);
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

await main();
