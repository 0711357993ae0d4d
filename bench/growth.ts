/**
 * How costs grow: `npm run bench:growth`. A step against the vocabulary (1,000 to 1,000,000) and the history, a request
 * against the rows of its batch and the connections beside it, and memory against the same. Each series gets the
 * exponent of its growth; 1 is linear. Counts that grow faster end the run with exit code 1; times are only reported.
 */
import { aboutWrite, BUILD, BUILT } from "../evidence/options.ts";
import { createProgress, type Progress } from "../evidence/progress.ts";
import { machineText, thisMachine, writeResults } from "../evidence/results.ts";
import { buildService } from "../evidence/service.ts";
import { commandLine, flag, Misuse, positive, run } from "../src/command-line.ts";
import type { GrowthResults, Series } from "./growth/results.ts";
import { measureSampler, samplerSteps } from "./growth/sampler.ts";
import { measureService, serviceSteps } from "./growth/service.ts";

const { values } = commandLine({
  name: "npm run bench:growth --",
  about:
    "How costs grow: of a step with the vocabulary and the history, of a request with the rows of its batch and the connections beside it. Ends with 1 when a count grows faster than linear.",
  options: {
    sampler: flag("only the library"),
    service: flag("only the service"),
    seconds: positive("N", "seconds of load for each point of the service", 1.5),
    built: BUILT,
    write: flag(`${aboutWrite("growth")}; needs both halves`),
  },
});
const is_whole = values.sampler === values.service;

async function measure(progress: Progress): Promise<Series[]> {
  const series = is_whole || values.sampler ? await measureSampler(progress) : [];
  if (!is_whole && !values.service) return series;
  progress.next();
  if (!values.built) await buildService();
  return [...series, ...(await measureService(values.seconds, progress))];
}

function steps() {
  return [
    ...(is_whole || values.sampler ? samplerSteps() : []),
    ...(is_whole || values.service ? [BUILD, ...serviceSteps(values.seconds)] : []),
  ];
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
    throw new Misuse("--write needs both halves: leave out --sampler and --service");
  const machine = thisMachine();
  console.log(machineText(machine));
  const progress = createProgress(steps());
  const series = await measure(progress).finally(() => progress.end());
  for (const each of series) print(each);
  if (values.write) writeResults("growth", { machine, series } satisfies GrowthResults);
  if (series.some(({ is_count, exponent, exponent_max }) => is_count && exponent > exponent_max))
    process.exitCode = 1;
}

await run(main);
