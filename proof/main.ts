/**
 * `npm run proof`: shows the promises of docs/reliability.md against the built service, in the short forms that CI
 * runs. `npm run proof -- fuzz replay` runs some of them, `--long` the whole of each. Ends with 1 when something
 * does not hold.
 *
 * Flags: --long, --seed 7 (another set of requests), --only 4711 (replay one case of the fuzz and print it),
 * --hold-times (also hold bounds on time), --built (dist is up to date: do not build).
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { buildService } from "../scripts/service.ts";
import { PROOFS } from "./proofs.ts";
import { createReport } from "./report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    "hold-times": { type: "boolean", default: false },
    built: { type: "boolean", default: false },
  },
});

const form = {
  long: values.long,
  seed: Number(values.seed),
  only: values.only === undefined ? undefined : Number(values.only),
  hold_times: values["hold-times"],
};

function chosen() {
  const unknown = positionals.find((name) => PROOFS.every((proof) => proof.name !== name));
  if (unknown === undefined)
    return PROOFS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  throw new Error(`there is no proof ${unknown}; known are ${PROOFS.map(({ name }) => name).join(", ")}`);
}

async function main(): Promise<void> {
  const proofs = chosen();
  if (!values.built) await buildService();
  const report = createReport(form);
  for (const { name, promise, run } of proofs) {
    console.log(`\n${name}: ${promise}`);
    const began_ms = performance.now();
    try {
      await run(form, report);
    } catch (error) {
      report.claim("the proof runs to its end", false, error instanceof Error ? error.stack : String(error));
    }
    report.figure("took", `${((performance.now() - began_ms) / 1000).toFixed(1)} s`);
  }
  const { held, failed } = report;
  const machine = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}`;
  console.log(`\n${held} claims hold, ${failed} fail (${form.long ? "long" : "short"} form, ${machine})`);
  const results = process.env["PROOF_RESULTS"];
  if (results !== undefined)
    await writeFile(results, JSON.stringify({ numPassedTests: held, numFailedTests: failed }));
  if (failed > 0) process.exitCode = 1;
}

await main();
