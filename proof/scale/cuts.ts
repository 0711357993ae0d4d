/**
 * Reports have the same bytes for every division of the rows, for every tool that starts the parts, and after a kill at
 * any time.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Report } from "../proof.ts";
import { CLI, ours, outputOf, ROOT } from "./program.ts";

const TASKS = ["score", "diagnose"] as const;
const KILLS = 3;

/** Shards that are merged in any order, and that xargs gives to two processes at once. */
export async function proveMerging(folder: string, report: Report): Promise<void> {
  const parts = readdirSync(join(folder, "parts"), { encoding: "utf8" });
  for (const task of TASKS) {
    const one = await ours(task, "--in", join(folder, "parts"), "--quiet");
    const script = `ls "$1/parts" | xargs -P 2 -I NAME "$2" "$3" ${task} --in "$1/parts/NAME" --out "$1/NAME.${task}.json" --quiet`;
    await outputOf("sh", ["-c", script, "sh", folder, process.execPath, CLI]);
    const sums = parts.map((part) => join(folder, `${part}.${task}.json`));
    for (const order of [sums, sums.toReversed(), [...sums.slice(2), ...sums.slice(0, 2)]])
      report.claim(
        `${task}: the merged results of ${parts.length} shards have the bytes of one run`,
        (await ours("merge", ...order)) === one,
      );
    await proveSharing(task, folder, report);
  }
}

/** One file whose rows several processes share: by their number, and by Parquet's pages and groups. */
async function proveSharing(task: (typeof TASKS)[number], folder: string, report: Report): Promise<void> {
  for (const name of ["rows.npy", "few.parquet"]) {
    const words = [task, "--in", join(folder, name), "--quiet"];
    const one = await ours(...words);
    for (const jobs of ["2", "5"])
      report.claim(
        `${task}: ${name} shared by ${jobs} processes has the bytes of one`,
        (await ours(...words, "--jobs", jobs)) === one,
      );
  }
}

/** Ray Data and Spark choose the division of the rows. */
export async function proveEngines(folder: string, python: string, report: Report): Promise<void> {
  for (const engine of ["ray", "spark"]) {
    const program = join(ROOT, "examples", engine, "analyze.py");
    for (const task of ["score", "calibrate"]) {
      const one = await ours(task, "--in", join(folder, "parts"), "--quiet");
      const began_ms = performance.now();
      const theirs = await outputOf(python, [program, task, join(folder, "parts")]);
      report.claim(`${task} with ${engine} has the bytes of one process`, theirs === one);
      report.figure(`${task} with ${engine} took`, `${((performance.now() - began_ms) / 1000).toFixed(0)} s`);
    }
  }
}

/** A run that is killed several times and restarted each time: over a whole file, and over its second half. */
export async function proveResuming(folder: string, report: Report): Promise<void> {
  await proveKilled("a run", [], folder, report);
  await proveKilled("a run of the second half of a file", ["--part", "2/2"], folder, report);
}

async function proveKilled(
  name: string,
  part: readonly string[],
  folder: string,
  report: Report,
): Promise<void> {
  const shard = join(folder, "rows.npy");
  const [out, rows] = [join(folder, "cut.json"), join(folder, "cut.ndjson")];
  const [one_out, one_rows] = [join(folder, "one.json"), join(folder, "one.ndjson")];
  for (const path of [out, one_out, rows]) rmSync(path, { force: true });
  await ours("score", "--in", shard, ...part, "--out", one_out, "--rows", one_rows, "--quiet");
  const words = [
    "score",
    "--in",
    shard,
    ...part,
    "--out",
    out,
    "--rows",
    rows,
    "--quiet",
    "--checkpoint-s",
    "0.02",
  ];
  const { rows: rows_read, part: read } = (
    JSON.parse(readFileSync(one_out, "utf8")) as { sources: KilledSource[] }
  ).sources[0]!; // of one shard
  const first = read?.ranges[0]?.[0] ?? 0;
  const reached: number[] = [];
  for (let n = 1; n <= KILLS; n++) {
    const child = spawn(process.execPath, [CLI, ...words], { stdio: "ignore" });
    const ended = once(child, "exit");
    const wanted = first + (n * rows_read) / (KILLS + 1);
    for (let i = 0; i < 5000 && child.exitCode === null && rowReached(out) < wanted; i++) await wait(2);
    child.kill("SIGKILL");
    const [, signal] = await ended;
    if (signal === "SIGKILL") reached.push(rowReached(out));
  }
  await ours(...words);
  const same = readFileSync(out, "utf8") === readFileSync(one_out, "utf8");
  const same_rows = readFileSync(rows).equals(readFileSync(one_rows));
  report.claim(
    `${name} that was killed ${reached.length} times ends with the sums of an undisturbed run`,
    reached.length === KILLS && same,
    `killed after rows ${reached.join(", ")} of ${first + rows_read}`,
  );
  report.claim("it has the same lines for its rows", same_rows);
  report.claim("its checkpoint is removed", !existsSync(`${out}.checkpoint`));
}

interface KilledSource {
  readonly rows: number;
  readonly part?: { readonly ranges: readonly (readonly [from: number, to: number])[] };
}

/** The row at which the checkpoint of a run continues; 0 when there is none. */
function rowReached(out: string): number {
  const path = `${out}.checkpoint`;
  return existsSync(path) ? Number(/"row":(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 0) : 0;
}
