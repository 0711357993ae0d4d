/** Compares conformal sets with MAPIE's, and class-wise calibrations with scipy's optimum and netcal. */
import { writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readRows } from "../../examples/real-data/vectors.ts";
import { CONFORMAL_METHODS, type ConformalChoice, conformalSet } from "../../src/analysis/conformal.ts";
import { calibrate, type LabelledLogits, rowOf, softmax } from "../../src/analysis/index.ts";
import type { Report } from "../proof.ts";
import { jsonOf, ROOT } from "./program.ts";

const CHOICE = { miscoverage: 0.1, rank_penalty: 0.02, free_ranks: 2 };
const PARAMETERS_MAX = 1e-6;
const LOSS_MAX = 1e-9;

interface Optimum {
  readonly weights: readonly number[];
  readonly biases: readonly number[];
  readonly nll: number;
  readonly reads: number;
}

interface Theirs {
  readonly equal: Readonly<Record<(typeof CONFORMAL_METHODS)[number], number>>;
  readonly bias_scaling: Optimum;
  readonly vector_scaling: Optimum;
  readonly netcal_temperature: number | null;
}

/** The digits of docs/calibration.md: 2,000 rows for calibration, and 2,000 others. */
export async function proveSets(folder: string, python: string, report: Report): Promise<void> {
  const [validation, unseen] = [readRows("digits", "validation"), readRows("digits", "test")];
  const { temperature } = calibrate(validation, { resamples: 0 });
  const sets = Object.fromEntries(
    CONFORMAL_METHODS.map((method) => [method, setsOf({ method, ...CHOICE }, validation, unseen)]),
  );
  const place = join(folder, "sets");
  await mkdir(place, { recursive: true });
  writeFileSync(join(place, "validation.f32"), bytesOf(Float32Array.from(validation.values)));
  writeFileSync(join(place, "validation.i32"), bytesOf(validation.targets));
  writeFileSync(join(place, "new.f32"), bytesOf(Float32Array.from(unseen.values)));
  writeFileSync(join(place, "asked.json"), JSON.stringify({ ...CHOICE, temperature, sets }));
  const script = join(ROOT, "proof/scale/python/sets.py");
  const theirs = await jsonOf<Theirs>(python, [script, place, String(validation.classes)]);
  const rows = unseen.targets.length;
  for (const method of CONFORMAL_METHODS)
    report.claim(
      `${method}: the sets are MAPIE's`,
      theirs.equal[method] === rows,
      `${theirs.equal[method]} of ${rows} rows`,
    );
  for (const method of ["bias_scaling", "vector_scaling"] as const)
    claimOptimum(validation, method, theirs[method], report);
  if (theirs.netcal_temperature === null) report.figure("netcal", "is not installed");
  else {
    const difference = Math.abs(theirs.netcal_temperature / temperature - 1);
    report.claim(
      "the temperature is netcal's to 1e-4",
      difference < 1e-4,
      `differs by ${difference.toExponential(1)}`,
    );
  }
}

function setsOf(choice: ConformalChoice, validation: LabelledLogits, unseen: LabelledLogits): number[][] {
  const { conformal, temperature } = calibrate(validation, { resamples: 0, conformal: choice });
  if (conformal === undefined) throw new Error("a calibration that is asked for sets has their threshold");
  return Array.from(unseen.targets, (_, r) =>
    conformalSet(softmax(rowOf(unseen, r), temperature), conformal),
  );
}

function claimOptimum(
  set: LabelledLogits,
  method: "bias_scaling" | "vector_scaling",
  theirs: Optimum,
  report: Report,
): void {
  const { calibration, after, passes } = calibrate(set, { method, resamples: 0 });
  const { weights = [1 / (calibration.temperature ?? 1)], biases = [] } = calibration;
  const parameters = [...weights, ...biases];
  const others = [...theirs.weights, ...theirs.biases];
  const difference = Math.max(...parameters.map((value, i) => Math.abs(value - others[i]!)));
  const loss = Math.abs(after.nll - theirs.nll);
  report.claim(
    `${method} is scipy's optimum: parameters to ${PARAMETERS_MAX}, loss to ${LOSS_MAX}`,
    difference <= PARAMETERS_MAX && loss <= LOSS_MAX,
    `${difference.toExponential(1)} and ${loss.toExponential(1)}, in ${passes} reads`,
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
