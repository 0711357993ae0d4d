/**
 * `npm run proof:files`: reads files of pyarrow, polars, duckdb, pandas, safetensors and numpy in every type and codec
 * that they write: each has numpy's figures or is refused. Broken files end no process, and full disks and kill -9
 * leave no truncated file. It needs python3 with what proof/files/python/requirements.txt lists, so this is no part of
 * `npm run proof`.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, BUILT } from "../../evidence/options.ts";
import { createProgress } from "../../evidence/progress.ts";
import { buildService } from "../../evidence/service.ts";
import { columns, commandLine, count, flag, readWord, run } from "../../src/command-line.ts";
import { conclude, createReport } from "../report.ts";
import { outputOf, ROOT } from "../scale/program.ts";
import { pythonWith } from "../venv.ts";
import { proveBroken } from "./broken.ts";
import { proveFullDisks, proveKills } from "./disks.ts";
import { proveWriters, writeFiles } from "./writers.ts";

const PROOFS = [
  { name: "writers", about: "every type and codec of six writers, against numpy", seconds: 20 },
  { name: "broken", about: "changed, cut and made-up bytes", seconds: 40 },
  { name: "disks", about: "a disk that fills on the way", seconds: 90 },
  { name: "kills", about: "kill -9 on the way", seconds: 120 },
] as const;
const NAMES = PROOFS.map(({ name }) => name);

const { values, operands } = commandLine({
  name: "npm run proof:files --",
  about:
    "Reads files of other programs beside numpy, breaks them, fills disks and kills runs. Python and its packages are those of FILES_PYTHON, or are installed below build/, which needs python3 and a package index. Ends with 1 when something does not hold.",
  options: {
    built: BUILT,
    long: flag("20,000 broken files in place of 500, 200 kills in place of 20"),
    seed: count("N", "of what is broken", 25),
  },
  operands: { placeholder: "PROOF", about: "only these; else all", read: (word) => readWord(word, NAMES) },
  epilogue: `Proofs:\n\n${columns(PROOFS.map(({ name, about }) => [name, about]))}`,
});

async function pythonReady(): Promise<string> {
  const given = process.env["FILES_PYTHON"];
  if (given !== undefined) return given;
  const text = readFileSync(join(ROOT, "proof/files/python/requirements.txt"), "utf8");
  return pythonWith(join(ROOT, "build/proof-files"), { whole: text.split("\n").filter(Boolean) });
}

async function main(): Promise<void> {
  const wanted = PROOFS.filter(({ name }) => operands.length === 0 || operands.includes(name));
  const making = { name: "write files", seconds: 20 };
  const progress = createProgress([...(values.built ? [] : [BUILD]), making, ...wanted]);
  if (!values.built) {
    progress.next();
    await buildService();
  }
  progress.next();
  const python = await pythonReady();
  const folder = await mkdtemp(join(tmpdir(), "files-"));
  const report = createReport({ hold_times: true }, (line) => progress.say(line));
  try {
    const files = await writeFiles(folder, python);
    await outputOf(python, ["-c", LARGE, join(folder, "large")]);
    const runs: Readonly<Record<(typeof NAMES)[number], () => Promise<void>>> = {
      writers: () => proveWriters(folder, files, report),
      broken: () =>
        proveBroken(folder, files, { cases: values.long ? 20_000 : 500, seed: values.seed }, report),
      disks: () => proveFullDisks(folder, join(folder, "np-float32.npy"), report),
      kills: () => proveKills(folder, join(folder, "large.npy"), values.long ? 200 : 20, report),
    };
    for (const { name, about } of wanted) {
      progress.next();
      progress.say(`\n${name}: ${about}`);
      await runs[name]();
    }
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
  }
  await conclude(report);
}

/** Enough rows for a run of a second. */
const LARGE = `
import sys, numpy as np
rng = np.random.default_rng(7)
np.save(sys.argv[1] + ".npy", rng.normal(0, 3, (60_000, 300)).astype(np.float32))
np.save(sys.argv[1] + ".targets.npy", rng.integers(0, 300, 60_000))
`;

await run(main);
