/** The command and the endpoint give the same calibration. */
import { expect, test } from "vitest";
import { createKernelReader } from "../../src/analysis/row-reader.ts";
import { calibrateTask } from "../../src/analysis/tasks/calibrate.ts";
import { parseCalibrate } from "../../src/schemas/analysis-options.ts";
import { npy, shardFolder } from "../shards/files.ts";
import { CLASSES, logits, ROWS, rowAt, run, targets } from "./running.ts";

const { file } = shardFolder();
file(".targets.npy", npy("<i4", [ROWS], targets), "whole");
const whole = file(".npy", npy("<f4", [ROWS, CLASSES], logits), "whole");

test.each<[string, object]>([
  [
    "--seed 3 --conformal aps --miscoverage 0.1",
    { seed: "3", conformal: { method: "aps", miscoverage: 0.1 } },
  ],
  ["--resamples 0 --bins 7", { resamples: 0, bins: 7 }],
  [
    "--method bias_scaling --conformal lac --miscoverage 0.1",
    { method: "bias_scaling", conformal: { method: "lac", miscoverage: 0.1 } },
  ],
  [
    "--method vector_scaling --ridge 0.01 --per-class --entropy-bins 4",
    { method: "vector_scaling", ridge: 0.01, per_class: true, entropy_bins: 4 },
  ],
])("calibrate %s finds what /v1/calibrate finds, to the bit", async (words, options) => {
  const reader = createKernelReader(CLASSES);
  const context = { reader, single: false, inverse_temperature: 1, values_expected: 0 };
  const task = calibrateTask(context, parseCalibrate({ ...options }));
  for (let r = 0; r < ROWS; r++) task.take({ values: rowAt(r), target: targets[r] });
  const steps = task.finish();
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const report = JSON.parse(await run("calibrate", "--in", whole, ...words.split(" "))) as object;
  const reply = JSON.parse(JSON.stringify(step.value)) as Record<string, unknown>;
  expect(Object.keys(reply)).toContain("after");
  expect(report).toMatchObject({ command: "calibrate", skipped: 0, ...reply });
  for (const [name, value] of Object.entries(reply))
    expect((report as Record<string, unknown>)[name], name).toEqual(value);
});

test("by weights a class of too many is refused at the first row, not after the search for a temperature", async () => {
  const wide = file(
    ".ndjson",
    `${JSON.stringify({ logits: new Array(4097).fill(0.5), target: 1 })}\n`,
    "wide",
  );
  await expect(run("calibrate", "--in", wide, "--method", "vector_scaling", "--ridge", "1")).rejects.toThrow(
    "row 0: vector_scaling must be of at most 4096 classes, got 4097",
  );
});
