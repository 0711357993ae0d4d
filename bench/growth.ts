/**
 * How costs grow: `npm run bench:growth`. A step against the vocabulary (1,000 to 1,000,000) and the history, a
 * request against the rows of its batch and the connections beside it, memory likewise. Each series gets the exponent
 * of its growth, 1 being linear; counts that grow faster end the run with 1, times only say so.
 *
 * Flags: --sampler or --service (only that half), --seconds 1.5 (of load for each point), --built (dist is as it
 * should be), --write (to bench/results/growth.json; needs both halves).
 */
import { parseArgs } from "node:util";
import { buildService } from "../scripts/service.ts";
import type { GrowthResults, Series } from "./growth/results.ts";
import { measureSampler } from "./growth/sampler.ts";
import { measureService } from "./growth/service.ts";
import { machineText, thisMachine, writeResults } from "./results.ts";

const { values } = parseArgs({
  options: {
    sampler: { type: "boolean", default: false },
    service: { type: "boolean", default: false },
    seconds: { type: "string", default: "1.5" },
    built: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const is_whole = values.sampler === values.service;

async function measure(): Promise<Series[]> {
  const series = is_whole || values.sampler ? measureSampler() : [];
  if (!is_whole && !values.service) return series;
  if (!values.built) await buildService();
  return [...series, ...(await measureService(Number(values.seconds)))];
}

function print({ axis, name, unit, is_count, points, exponent, exponent_max }: Series): void {
  const verdict = exponent <= exponent_max ? "" : is_count ? "  FASTER THAN LINEAR" : "  faster than linear";
  console.log(`\n${axis}: ${name}, ${unit}; exponent ${exponent.toFixed(2)}${verdict}`);
  console.log(points.map(([x, y]) => `  ${String(x).padStart(9)} ${figure(y).padStart(14)}`).join("\n"));
}

function figure(y: number): string {
  return y < 1000 ? y.toFixed(1) : Math.round(y).toLocaleString("en");
}

async function main(): Promise<void> {
  if (values.write && !is_whole)
    throw new Error("--write needs both halves: leave out --sampler and --service");
  const machine = thisMachine();
  console.log(machineText(machine));
  const series = await measure();
  for (const each of series) print(each);
  if (values.write) writeResults("growth", { machine, series } satisfies GrowthResults);
  if (series.some(({ is_count, exponent, exponent_max }) => is_count && exponent > exponent_max))
    process.exitCode = 1;
}

await main();
