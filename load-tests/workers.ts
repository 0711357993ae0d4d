/**
 * `npm run bench:workers`: what a step costs with one worker and with two, in turns, and how many steps a second come
 * of it. On a machine of few cores the generator wants one of them, so the steps a second say little there; that a
 * step costs a worker no more CPU when another works beside it is what lets two do twice the work.
 *
 * Flags: --seconds 1.5 (a turn), --rounds 3, --connections 8, --only "bf16" (scenarios whose name holds the text).
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { buildService, type RunningService, startService } from "../scripts/service.ts";
import { type Measured, measureRaw } from "./measure.ts";
import { median } from "./process-cost.ts";
import { createScenarios, type Scenario } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "1.5" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "8" },
    only: { type: "string", default: "f32, 128256" },
  },
});

const LIMITS = {
  connections: Number(values.connections),
  duration_ms: Number(values.seconds) * 1000,
  requests_max: Number.POSITIVE_INFINITY,
};

await buildService();
const services = await Promise.all(["1", "2"].map((WORKERS) => startService({ WORKERS })));
try {
  const [scenario] = createScenarios().filter((each): each is Scenario => each.name.includes(values.only));
  if (scenario === undefined) throw new Error(`no scenario's name holds ${JSON.stringify(values.only)}`);
  console.log(
    `${scenario.name}, ${LIMITS.connections} connections, ${cpus().length} cores, Node ${process.version}`,
  );
  const [one = [], two = []] = await inTurns(services, scenario, Number(values.rounds));
  console.log("| workers | steps/s | server µs a step | failed |\n| --- | ---: | ---: | ---: |");
  console.log(`| 1 | ${cells(one)} |\n| 2 | ${cells(two)} |`);
  console.log(
    `two to one: ${ratio(one, two, "requests_per_s")} of the steps a second, ${ratio(one, two, "server_us")} of the CPU a step`,
  );
} finally {
  await Promise.all(services.map((service) => service.stop()));
}

/** One list of measurements for each service; the rounds alternate, so that the machine's moods meet all alike. */
async function inTurns(
  list: readonly RunningService[],
  scenario: Scenario,
  rounds: number,
): Promise<Measured[][]> {
  const results: Measured[][] = list.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, service] of list.entries())
      results[index]?.push(await measureRaw(service, scenario, LIMITS));
  return results;
}

type Figure = "requests_per_s" | "server_us";

function middle(list: readonly Measured[], figure: Figure): number {
  return median(list.map((each) => each[figure] ?? Number.NaN));
}

function cells(list: readonly Measured[]): string {
  const failed = list.reduce((sum, { errors }) => sum + errors, 0);
  return [middle(list, "requests_per_s").toFixed(0), middle(list, "server_us").toFixed(0), failed].join(
    " | ",
  );
}

function ratio(one: readonly Measured[], two: readonly Measured[], figure: Figure): string {
  return (middle(two, figure) / middle(one, figure)).toFixed(2);
}
