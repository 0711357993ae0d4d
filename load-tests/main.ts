/**
 * `npm run load`: starts the built service on a free port and puts it under load, scenario by scenario, with
 * two generators: one over raw sockets, and autocannon, whose own cost weighs on large bodies. It prints a
 * Markdown table and ends with 1 when any request failed.
 *
 * Flags: --seconds 2 (per scenario and generator), --connections 4, --requests 20000 (the most per scenario
 * and generator), --only f32 (scenarios whose name holds the text).
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { buildService, type RunningService, startService } from "../scripts/service.ts";
import { type Measured, measureAutocannon, measureRaw } from "./measure.ts";
import type { LoadLimits } from "./raw-client.ts";
import { createScenarios, type Scenario } from "./scenarios.ts";

interface Plan {
  readonly limits: LoadLimits;
  readonly scenarios: readonly Scenario[];
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "2" },
      connections: { type: "string", default: "4" },
      requests: { type: "string", default: "20000" },
      only: { type: "string", default: "" },
    },
  });
  const limits = {
    connections: positive("connections", values.connections),
    duration_ms: positive("seconds", values.seconds) * 1000,
    requests_max: positive("requests", values.requests),
  };
  return { limits, scenarios: createScenarios().filter(({ name }) => name.includes(values.only)) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, got ${text}`);
  return value;
}

async function main(): Promise<void> {
  const { limits, scenarios } = readPlan();
  await buildService();
  const service = await startService();
  try {
    const errors = await measureAll(service, scenarios, limits);
    console.log(`\n${footer(limits)}`);
    if (errors === 0) return;
    console.error(`${errors} requests failed`);
    process.exitCode = 1;
  } finally {
    await service.stop();
  }
}

/** Prints a row as soon as it is measured; answers how many requests failed. */
async function measureAll(
  service: RunningService,
  scenarios: readonly Scenario[],
  limits: LoadLimits,
): Promise<number> {
  console.log(
    "| scenario | body | req/s | p50 ms | p99 ms | server µs | autocannon req/s | p50 ms | p99 ms | server µs | errors |",
  );
  console.log(`|${" --- |".repeat(11)}`);
  let errors = 0;
  for (const scenario of scenarios) {
    const raw = await measureRaw(service, scenario, limits);
    const cannon = await measureAutocannon(service, scenario, limits);
    const failed = raw.errors + cannon.errors;
    const body = `${Math.round(scenario.body.length / 1024)} KiB`;
    console.log(`| ${[scenario.name, body, ...cells(raw), ...cells(cannon), failed].join(" | ")} |`);
    errors += failed;
  }
  return errors;
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
  const machine = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores`;
  return [
    `${machine}, Node ${process.versions.node}, ${connections} connections, one service process, ${duration_ms / 1000} s each.`,
    "req/s, p50, p99: the raw socket generator, then autocannon (whole milliseconds). server µs: CPU time of the",
    "service for one request. Errors count every reply that is not 2xx, and with the raw generator every reply",
    "whose bytes differ from the first.",
  ].join("\n");
}

await main();
