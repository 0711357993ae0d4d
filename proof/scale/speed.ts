/** Compares rows a second of CPU, and the figures, with numpy, scipy and scikit-learn, in turns. */
import { join } from "node:path";
import type { Race, Read } from "../../evidence/scale-results.ts";
import type { Report } from "../proof.ts";
import { jsonOf, PROGRAM, ROOT } from "./program.ts";

const RATIO_MIN = 5;
const PARQUET_RATIO_MAX = 2;
const DIFFERENCE_MAX = 1e-9;
const ROUNDS = "3";
const TASKS = ["score", "diagnose", "calibrate"] as const;

type Figures = { readonly [name: string]: number | Figures };

interface Raced {
  readonly theirs_s: readonly number[];
  readonly ours_s: readonly number[];
  readonly figures: Figures;
  readonly report: Figures;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Speed {
  readonly races: readonly Race[];
  readonly versions: Readonly<Record<string, string>>;
}

export async function proveSpeed(folder: string, python: string, size: Size, report: Report): Promise<Speed> {
  const races: Race[] = [];
  let versions: Readonly<Record<string, string>> = {};
  for (const task of TASKS) {
    const { rows } = size;
    const words = [
      join(ROOT, "proof/scale/python/rivals.py"),
      task,
      join(folder, "rows.npy"),
      join(folder, "rows.targets.npy"),
    ];
    const raced = await jsonOf<Raced>(python, [...words, ROUNDS, ...PROGRAM]);
    const [ours, theirs] = [raced.ours_s, raced.theirs_s].map((seconds) => rows / Math.min(...seconds));
    races.push({ task, rows, classes: size.classes, ours: ours!, theirs: theirs! });
    versions = raced.versions;
    const ratio = ours! / theirs!;
    const rates = `${rate(ours!)} against ${rate(theirs!)} rows/s, ${ratio.toFixed(1)}x`;
    report.claim(`${task} is ${RATIO_MIN} times as fast on one core`, ratio >= RATIO_MIN, rates);
    const [name, difference] = largestDifference(raced.figures, raced.report, task);
    report.claim(
      `${task} finds the same figures to within ${DIFFERENCE_MAX}`,
      difference <= DIFFERENCE_MAX,
      `${name} differs by ${difference.toExponential(1)}`,
    );
  }
  return { races, versions };
}

export interface Size {
  readonly rows: number;
  readonly classes: number;
}

/** The place of each of their figures in our report. Our quantiles come from a sketch, within 0.8 %. */
const PLACES: Readonly<
  Record<(typeof TASKS)[number], (report: Figures, name: string) => number | undefined>
> = {
  score: (report, name) => numberAt(report, [name]),
  diagnose(report, name) {
    if (name.startsWith("p50_")) return undefined;
    return numberAt(report, ["figures", name, "mean"]) ?? numberAt(report, [name]);
  },
  calibrate(report, name) {
    const path = name.split(".");
    if (name === "temperature") return numberAt(report, ["calibration", "temperature"]);
    return numberAt(
      report,
      path.map((part) => part.replace("netcal_ece", "ece")),
    );
  },
};

function largestDifference(
  figures: Figures,
  report: Figures,
  task: (typeof TASKS)[number],
): [name: string, difference: number] {
  let largest: [string, number] = ["nothing", 0];
  for (const [name, theirs] of flat(figures)) {
    const ours = PLACES[task](report, name);
    if (ours === undefined) continue;
    const difference = Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs));
    if (!(difference <= largest[1])) largest = [name, difference];
  }
  return largest;
}

function flat(figures: Figures, prefix = ""): [name: string, value: number][] {
  return Object.entries(figures).flatMap(([name, value]) =>
    typeof value === "number"
      ? [[prefix + name, value] as [string, number]]
      : flat(value, `${prefix}${name}.`),
  );
}

function numberAt(figures: Figures, path: readonly string[]): number | undefined {
  let at: number | Figures | undefined = figures;
  for (const name of path) at = typeof at === "object" ? at[name] : undefined;
  return typeof at === "number" ? at : undefined;
}

interface ReadTime {
  readonly seconds: readonly number[];
  readonly elements: number;
}

/** Only reads the rows. */
export async function proveReading(folder: string, python: string, report: Report): Promise<readonly Read[]> {
  const tsx = [process.execPath, "--import", "tsx", join(ROOT, "proof/scale/read.ts")] as const;
  const [node, ...words] = tsx;
  const ours = async (file: string) =>
    fastest(await jsonOf<ReadTime>(node, [...words, join(folder, file), "5"]));
  const parquet = await ours("few.parquet");
  const npy = await ours("few.npy");
  const script = join(ROOT, "proof/scale/python/read_parquet.py");
  const theirs = fastest(await jsonOf<ReadTime>(python, [script, join(folder, "few.parquet"), "5"]));
  const rates = `${rate(parquet / 1e6)} against ${rate(theirs / 1e6)} million elements/s of CPU`;
  report.claim(
    `Parquet is read within ${PARQUET_RATIO_MAX}x of pyarrow's reading`,
    theirs / parquet <= PARQUET_RATIO_MAX,
    rates,
  );
  return [
    { format: "Parquet", ours: parquet, theirs },
    { format: "npy", ours: npy, theirs: null },
  ];
}

function fastest({ seconds, elements }: ReadTime): number {
  return elements / Math.min(...seconds);
}

function rate(value: number): string {
  return Math.round(value).toLocaleString("en");
}
