/**
 * Runs one command in several processes, as xargs and merge would: each process sums its own shards, or its part
 * of the rows of all shards, and the sums are merged. A calibration runs in rounds. The report has the same bytes as that of one process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Options } from "../../command-line.ts";
import { Interrupted } from "./interrupted.ts";
import { countRows } from "./parts.ts";
import type { PassOptions } from "./pass.ts";

/** The command line of this program. */
const THIS_PROGRAM: readonly string[] = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
/** Options that the jobs get their own values for, or that have no meaning in a job. */
const OWN = new Set(["in", "out", "rows", "checkpoint", "checkpoint-s", "quiet", "jobs", "part", "after"]);

export interface JobsRun {
  readonly command: string;
  readonly jobs: number;
  readonly pass: PassOptions;
  /** the options of every job */
  readonly words: readonly string[];
  /** the program and its first arguments */
  readonly program?: readonly string[];
}

/**
 * The report. Throws an Error when a job fails (the job has written the reason to standard error), and Interrupted on a
 * signal.
 */
export async function runJobs(run: JobsRun): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "logit-sampler-"));
  const jobs = new Jobs(run.program ?? THIS_PROGRAM);
  try {
    const lots = await jobsOf(run.pass, run.jobs);
    let after: readonly string[] = [];
    for (let round = 0; ; round++) {
      const summed = async (lot: readonly string[], i: number) => {
        const out = join(folder, `${round}-${i}.json`);
        await jobs.output([run.command, "--out", out, "--quiet", ...run.words, ...after, ...lot]);
        return out;
      };
      const jobs_sums = Promise.all(lots.map(summed));
      // Loaded while the jobs run.
      const [sums, { merge }] = await Promise.all([jobs_sums, import("../merge.ts")]);
      const merged = await merge(sums);
      const line = `${JSON.stringify(merged)}\n`;
      if (merged.kind === "report") return line;
      const state = join(folder, `${round}.json`);
      writeFileSync(state, line);
      after = ["--after", state];
    }
  } finally {
    jobs.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By how much the largest lot of whole shards may exceed the average, before rows are distributed instead. */
const UNEVEN_MAX = 1.05;
/** Maximum number of shards that every job opens to count their rows. */
const DIVIDED_SHARDS_MAX = 1000;

/**
 * The arguments of each job that select its rows. They name whole shards when this gives every job equally much to
 * read. Otherwise they name a part of the rows of all shards, if the formats state the number of rows.
 */
export async function jobsOf(
  { shards, ...options }: PassOptions,
  jobs: number,
): Promise<readonly (readonly string[])[]> {
  const lots = lotsOf(shards, jobs);
  const bytes = lots.map((lot) => lot.reduce((sum, shard) => sum + statSync(shard).size, 0));
  const even = bytes.reduce((sum, each) => sum + each, 0) / jobs;
  if (Math.max(...bytes) <= UNEVEN_MAX * even || shards.length > DIVIDED_SHARDS_MAX) return lots;
  let rows = 0;
  for (const shard of shards) {
    const counted = await countRows(shard, options);
    if (counted === undefined) return lots;
    rows += counted;
  }
  const of = Math.max(1, Math.min(jobs, rows));
  return Array.from({ length: of }, (_, i) => [`--part=${i + 1}/${of}`, ...shards]);
}

/** The options of this command as the words of a job. */
export function wordsOf(table: Options, values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(table)
    .filter(([name, { standard }]) => !OWN.has(name) && values[name] !== standard)
    .map(([name, { placeholder }]) =>
      placeholder === undefined ? `--${name}` : `--${name}=${values[name]}`,
    );
}

/** Distributes the shards to this number of jobs: the largest first, each to the job with the fewest bytes. */
export function lotsOf(shards: readonly string[], jobs: number): readonly (readonly string[])[] {
  const lots = Array.from({ length: Math.min(jobs, shards.length) }, () => ({
    bytes: 0,
    shards: [] as string[],
  }));
  const sized = shards.map((shard) => ({ shard, bytes: statSync(shard).size }));
  for (const { shard, bytes } of sized.sort((a, b) => b.bytes - a.bytes)) {
    const lot = lots.reduce((least, each) => (each.bytes < least.bytes ? each : least));
    lot.bytes += bytes;
    lot.shards.push(shard);
  }
  return lots.map((lot) => lot.shards);
}

/** Child processes, which end with this process. */
class Jobs {
  readonly #program: readonly string[];
  readonly #children = new Set<ChildProcess>();
  #heard: NodeJS.Signals | undefined;
  readonly #hear = (signal: NodeJS.Signals) => {
    this.#heard = signal;
    for (const child of this.#children) child.kill(signal);
  };

  constructor(program: readonly string[]) {
    this.#program = program;
    process.on("SIGINT", this.#hear).on("SIGTERM", this.#hear);
  }

  /** What a child prints. */
  async output(words: readonly string[]): Promise<string> {
    const [command = "", ...before] = this.#program;
    const child = spawn(command, [...before, ...words], { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.add(child);
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    const [code] = (await once(child, "close")) as [number | null];
    this.#children.delete(child);
    if (this.#heard !== undefined) throw new Interrupted(this.#heard, "its jobs");
    if (code === 0) return out;
    throw new Error(`a job ended with ${code}: ${words.join(" ")}`);
  }

  end(): void {
    process.off("SIGINT", this.#hear).off("SIGTERM", this.#hear);
    for (const child of this.#children) child.kill();
  }
}
