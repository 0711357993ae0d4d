/**
 * What a step of a beam search costs: server CPU and round trip of POST /v1/beam with the rows of all live beams, against
 * POST /v1/sample/batch with the same rows and the same chain, in turns. Ratios are of the least figures, which other work
 * on the machine disturbs least. The goal for 8 beams of 128,256 is 1.2.
 */
import { cpus } from "node:os";
import { BUILD, BUILT } from "../evidence/options.ts";
import { createProgress } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { randomRow } from "../evidence/rows.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, positive, run } from "../src/command-line.ts";
import { bodyOfRows, type Cost, costOf, type Form, least, type Options } from "./forms.ts";

const { values } = commandLine({
  name: "npm run bench:beams --",
  about:
    "What a step of a beam search costs, against the same rows as a batch: server CPU and round trip, in turns.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 0.5),
    rounds: count("N", "rounds, in each of which all have their turn", 5),
    beams: count("K", "live beams", 8, 2),
    vocabulary: count("V", "elements of a row", 128_256),
    built: BUILT,
  },
});
const { beams, vocabulary, rounds } = values;
const DURATION_MS = values.seconds * 1000;
const WARM_UP_MS = 1500;
const GOAL = 1.2;
const RULES = ["transformers", "vllm"];
const CHAINS: Readonly<Record<string, Options>> = {
  "no chain": {},
  "temperature .8": { temperature: 0.8 },
};

const rows = Array.from({ length: beams }, (_, i) => randomRow(vocabulary, i + 1));

/** The second step of a search, which has a row for each beam. */
async function stepOf(url: string, rule: string, chain: Options, name: string): Promise<Form> {
  const said = { ...chain, beam: { rule, num_beams: beams, end_token_ids: [2], max_tokens: 100 } };
  const { path, headers, body } = bodyOfRows(
    "/v1/beam",
    name,
    { ...said, shape: [1, vocabulary] },
    rows.slice(0, 1),
  );
  const reply = await fetch(`${url}${path}`, { method: "POST", headers, body: new Uint8Array(body) });
  if (!reply.ok) throw new Error(`${name}: ${await reply.text()}`);
  const { search } = (await reply.json()) as { readonly search: unknown };
  return bodyOfRows("/v1/beam", name, { ...said, search }, rows);
}

/** The forms of one chain: the batch first, then a step of each rule. */
async function formsOf(url: string, [name, chain]: readonly [string, Options]): Promise<readonly Form[]> {
  const batch = bodyOfRows("/v1/sample/batch", `${name}: a batch`, { ...chain, seed: 7, step: 0 }, rows);
  return [batch, ...(await Promise.all(RULES.map((rule) => stepOf(url, rule, chain, `${name}: ${rule}`))))];
}

function lineOf(form: Form, costs: readonly Cost[], batch: readonly Cost[]): string {
  const cells = (["cpu_us", "round_trip_us"] as const).flatMap((figure) => [
    least(costs, figure).toFixed(0),
    (least(costs, figure) / least(batch, figure)).toFixed(2),
  ]);
  return `| ${form.name} | ${cells.join(" | ")} |`;
}

async function main(): Promise<void> {
  const forms_total = Object.keys(CHAINS).length * (RULES.length + 1);
  const progress = createProgress([
    BUILD,
    { name: "warm up", seconds: (forms_total * WARM_UP_MS) / 1000 },
    ...Array.from({ length: rounds }, (_, i) => ({
      name: `round ${i + 1}`,
      seconds: forms_total * values.seconds,
    })),
  ]);
  progress.next();
  if (!values.built) await buildService();
  const service = await startService({ WORKERS: "1" });
  try {
    const groups = await Promise.all(Object.entries(CHAINS).map((chain) => formsOf(service.url, chain)));
    const costs = new Map<Form, Cost[]>(groups.flat().map((form) => [form, []]));
    progress.next();
    for (const form of costs.keys())
      await rawLoad(service.url, form, { connections: 1, duration_ms: WARM_UP_MS, requests_max: 1_000_000 });
    for (let round = 0; round < rounds; round++) {
      progress.next();
      for (const [form, list] of costs) list.push(await costOf(service, form, DURATION_MS));
    }
    progress.end();
    console.log(
      `${beams} beams, V = ${vocabulary}, goal ${GOAL} of a batch; ${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.versions.node}`,
    );
    console.log(
      "| step | server CPU µs | of a batch | round trip µs | of a batch |\n| --- | ---: | ---: | ---: | ---: |",
    );
    for (const group of groups)
      for (const form of group)
        console.log(lineOf(form, costs.get(form) ?? [], costs.get(group[0] ?? form) ?? []));
  } finally {
    progress.end();
    await service.stop();
  }
}

await run(main);
