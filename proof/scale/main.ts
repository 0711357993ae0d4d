/**
 * `npm run proof:scale`: reports over shards have the same bytes for every division of the rows: in one process, in
 * several, in Ray Data, in Spark, and after runs are killed. They have the figures of numpy, scipy and scikit-learn, at
 * several times the speed, and memory does not grow with the rows. It needs python3 with what
 * proof/scale/python/requirements.txt lists, and Java for Spark, so this is no part of `npm run proof`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, BUILT } from "../../evidence/options.ts";
import { createProgress } from "../../evidence/progress.ts";
import { thisMachine, writeResults } from "../../evidence/results.ts";
import type { Memory, Race, Read } from "../../evidence/scale-results.ts";
import { buildService } from "../../evidence/service.ts";
import { columns, commandLine, flag, readWord, run } from "../../src/command-line.ts";
import { createReport } from "../report.ts";
import { proveByHand } from "./by-hand.ts";
import { proveEngines, proveMerging, proveResuming } from "./cuts.ts";
import { proveMemory } from "./memory.ts";
import { outputOf, ROOT } from "./program.ts";
import { proveSets } from "./sets.ts";
import { proveReading, proveSpeed } from "./speed.ts";

const PROOFS = [
  { name: "merging", about: "any cut, any order, two processes at once", seconds: 15 },
  { name: "resuming", about: "kill -9 on the way", seconds: 15 },
  { name: "engines", about: "Ray Data and Spark", seconds: 120 },
  {
    name: "sets",
    about: "conformal sets beside MAPIE, biases and weights beside scipy and netcal",
    seconds: 30,
  },
  { name: "reading", about: "Parquet beside pyarrow", seconds: 20 },
  { name: "by-hand", about: "score beside numpy by hand over pyarrow, by the codec", seconds: 60 },
  { name: "speed", about: "numpy, scipy and scikit-learn", seconds: 240 },
  { name: "memory", about: "a million rows through a pipe; with --long ten millions", seconds: 30 },
] as const;
const NAMES = PROOFS.map(({ name }) => name);

const { values, operands } = commandLine({
  name: "npm run proof:scale --",
  about:
    "Runs the command line over shards, in parts and as a whole, under Ray Data and Spark, beside numpy, and killed on the way. Python and its packages are those of SCALE_PYTHON, or are installed below build/, which needs python3 and a package index. Ends with 1 when something does not hold.",
  options: {
    built: BUILT,
    long: flag("ten million rows for the proof of memory"),
    write: flag(
      "writes the figures to bench/results/scale.json, from which `npm run build:docs` makes tables; needs reading, speed and memory",
    ),
  },
  operands: { placeholder: "PROOF", about: "only these; else all", read: (word) => readWord(word, NAMES) },
  epilogue: `Proofs:\n\n${columns(PROOFS.map(({ name, about }) => [name, about]))}`,
});

const SIZE = { rows: 150_000, classes: 1000 };
const VENV = join(ROOT, "build/proof-scale");

async function pythonReady(): Promise<string> {
  const given = process.env["SCALE_PYTHON"];
  if (given !== undefined) return given;
  const python = join(VENV, "bin/python");
  if (existsSync(python)) return python;
  await mkdir(join(ROOT, "build"), { recursive: true });
  await execute("python3", ["-m", "venv", VENV]);
  await execute(join(VENV, "bin/pip"), [
    "install",
    "-q",
    "-r",
    join(ROOT, "proof/scale/python/requirements.txt"),
  ]);
  return python;
}

async function execute(program: string, words: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, words, { stdio: "inherit" }), "exit");
  if (code !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${code}`);
}

async function main(): Promise<void> {
  const wanted = PROOFS.filter(({ name }) => operands.length === 0 || operands.includes(name));
  const making = { name: "make shards", seconds: 20 };
  const progress = createProgress([...(values.built ? [] : [BUILD]), making, ...wanted]);
  if (!values.built) {
    progress.next();
    await buildService();
  }
  progress.next();
  const python = await pythonReady();
  const folder = await mkdtemp(join(tmpdir(), "scale-"));
  const report = createReport({ hold_times: true }, (line) => progress.say(line));
  let races: readonly Race[] = [];
  let reads: readonly Read[] = [];
  let memory: readonly Memory[] = [];
  let versions: Readonly<Record<string, string>> = {};
  const runs: Readonly<Record<(typeof NAMES)[number], () => Promise<void>>> = {
    merging: () => proveMerging(folder, report),
    resuming: () => proveResuming(folder, report),
    engines: () => proveEngines(folder, python, report),
    sets: () => proveSets(folder, python, report),
    async reading() {
      reads = await proveReading(folder, python, report);
    },
    "by-hand": () => proveByHand(folder, python, report),
    async speed() {
      ({ races, versions } = await proveSpeed(folder, python, SIZE, report));
    },
    async memory() {
      memory = await proveMemory([100_000, 1_000_000, ...(values.long ? [10_000_000] : [])], report);
    },
  };
  try {
    await outputOf(python, [
      join(ROOT, "proof/scale/python/shards.py"),
      folder,
      String(SIZE.rows),
      String(SIZE.classes),
    ]);
    for (const { name, about } of wanted) {
      progress.next();
      progress.say(`\n${name}: ${about}`);
      await runs[name]();
    }
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`\n${report.held} claims hold, ${report.failed} fail`);
  if (report.failed > 0) process.exitCode = 1;
  const is_measured = races.length > 0 && reads.length > 0 && memory.length > 0;
  if (values.write && is_measured)
    writeResults("scale", { machine: thisMachine(), versions, races, reads, memory });
}

await run(main);
