/**
 * Runs an analysis over shards. The report goes to standard output. With --out the sums of these rows go to a file, and
 * `merge` adds them to other sums. A calibration reads the rows several times before it reports.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { NOWHERE, type ResultList } from "../../analysis/tasks/task.ts";
import { Misuse } from "../../command-line.ts";
import { VERSION } from "../../config/version.ts";
import { Problem } from "../../errors.ts";
import { STDIN } from "../../shards/open.ts";
import type { RowRange } from "../../shards/shard.ts";
import type { Analysis, Running } from "./analysis.ts";
import { type Checkpoint, readCheckpoint, removeCheckpoint, runOf, writeCheckpoint } from "./checkpoint.ts";
import { headOf, type Partial, type Round, readPartial, type Source, type SourceRows } from "./documents.ts";
import { digestOf, inputOf } from "./inputs.ts";
import { Lines } from "./lines.ts";
import { removeLeftovers, standardOutput, writeWhole } from "./output.ts";
import { BEGINNING, type PassOptions, pass, type Standing } from "./pass.ts";
import { createStatus, type Status } from "./status.ts";

/** The name of standard output in place of a file's name. */
const STDOUT = "-";

export interface AnalyzeRun {
  readonly analysis: Analysis;
  /** in the form of the endpoint's options */
  readonly options: Readonly<Record<string, unknown>>;
  /** state of a calibration, as merge wrote it after the last round; null at the beginning */
  readonly state: unknown;
  /** the shards that the last round read */
  readonly before: Round | null;
  readonly pass: PassOptions;
  /** file for the sums; undefined: a report goes to standard output */
  readonly out: string | undefined;
  readonly checkpoint: string | undefined;
  /** file for a line of JSON per row; undefined: no lines are written */
  readonly rows: string | undefined;
  readonly quiet: boolean;
}

export async function runAnalysis(run: AnalyzeRun): Promise<void> {
  const { analysis, options, out } = run;
  const status = createStatus(analysis.name, run.quiet);
  const is_file = out !== undefined && out !== STDOUT;
  const checkpoint = run.checkpoint ?? (is_file ? `${out}.checkpoint` : undefined);
  for (const path of [is_file ? out : undefined, checkpoint]) if (path !== undefined) removeLeftovers(path);
  if (is_file && isDone(out, run)) {
    status.say(`${out} holds the sums of these rows already`, { event: "done_before", out });
    return;
  }
  const id =
    checkpoint === undefined
      ? ""
      : runOf(analysis.name, [options, run.state, run.before, run.rows], run.pass);
  const resumed = readCheckpoint(checkpoint, id, run.pass.shards, status);
  const document = await passes({ ...run, checkpoint }, id, resumed, status);
  const line = `${JSON.stringify(document)}\n`;
  if (is_file) writeWhole(out, line);
  else standardOutput.write(line);
  removeCheckpoint(checkpoint);
}

/** One pass; for a report, as many passes as the analysis needs. */
async function passes(
  run: AnalyzeRun,
  id: string,
  resumed: Checkpoint | undefined,
  status: Status,
): Promise<object> {
  const { analysis, options, out } = run;
  let start = resumed;
  let state = start?.state ?? run.state;
  let before: string | undefined;
  for (;;) {
    const head = headOf({ command: analysis.name, options, state });
    const { running, sources } = await onePass(run, id, state, start, status);
    if (out !== undefined) return partialOf(run, head, sources, running);
    const read = JSON.stringify(sources);
    if (before !== undefined && before !== read)
      throw new Error(
        `the shards must stay as they are, but a pass read ${read}, and the one before ${before}`,
      );
    before = read;
    const outcome = running.outcome();
    if ("report" in outcome) return reportOf(analysis.name, options, sources, outcome.report);
    if (run.pass.shards.includes(STDIN))
      throw new Error(
        "standard input can be read only once, and this takes several passes: name files, or do a round at a time with --out and --after",
      );
    state = outcome.next;
    start = undefined;
  }
}

function partialOf(
  { rows, before, pass: { shards, ranges, targets } }: AnalyzeRun,
  head: object,
  sources: readonly SourceRows[],
  { tally }: Running,
): object {
  const read = sources.map((source) => ({
    ...source,
    ...partOf(ranges?.[shards.indexOf(source.shard)]),
    input: inputOf(source.shard, targets),
  }));
  const lines = rows === undefined ? null : digestOf(rows);
  return { kind: "partial", ...head, before, sources: read, lines, tally: tally.save() };
}

/** The part of a source; nothing when all rows are read. */
function partOf(range: RowRange | undefined): Pick<Source, "part"> {
  if (range === undefined || range.to - range.from === range.of) return {};
  return { part: { of: range.of, ranges: [[range.from, range.to]] } };
}

async function onePass(
  run: AnalyzeRun,
  id: string,
  state: unknown,
  start: Checkpoint | undefined,
  status: Status,
) {
  const lines = run.rows === undefined ? undefined : new Lines(run.rows, start?.lines_bytes ?? 0);
  let place = { shard: "", row: 0 };
  const results =
    lines === undefined
      ? NOWHERE
      : { push: (result: unknown) => lines.push({ ...place, ...(result as object) }) };
  const running = begun(run, state, results);
  if (start !== undefined && start.sources.length > 0) running.tally.merge(start.tally);
  const keep = (at: Standing) => {
    if (run.checkpoint === undefined) return;
    const lines_bytes = lines?.keep() ?? 0;
    writeCheckpoint(run.checkpoint, {
      run: id,
      state,
      ...at,
      sources: [...at.sources],
      tally: running.tally.save(),
      lines_bytes,
    });
  };
  const take: Parameters<typeof pass>[2]["take"] = (row, shard, index) => {
    if (lines !== undefined) place = { shard, row: index };
    running.take(row, index);
  };
  try {
    const sources = await pass(run.pass, start ?? BEGINNING, { take, keep, status });
    return { running, sources };
  } finally {
    lines?.close();
  }
}

/** The report with what was read. It does not depend on the division of the rows. */
export function reportOf(
  command: string,
  options: Readonly<Record<string, unknown>>,
  sources: readonly SourceRows[],
  report: object,
): { readonly kind: "report"; readonly [field: string]: unknown } {
  const skipped = sources.reduce((sum, source) => sum + source.skipped, 0);
  return { kind: "report", ...headOf({ command, options, state: null }), skipped, ...report };
}

/** Invalid options are a misuse of the command line. */
function begun({ analysis, options }: AnalyzeRun, state: unknown, results: ResultList): Running {
  try {
    return analysis.begin(options, state, results);
  } catch (error) {
    throw error instanceof Problem ? new Misuse(error.message) : error;
  }
}

/**
 * A run whose sums exist does nothing, so a job may safely be started again. The sums must be of the same rows,
 * targets, options and version, and the lines for rows must exist if they are requested.
 */
function isDone(out: string, run: AnalyzeRun): boolean {
  const { analysis, options, state, before, rows, pass } = run;
  const { shards, ranges, targets } = pass;
  if (!existsSync(out) || shards.includes(STDIN)) return false;
  const written_ms = statSync(out).mtimeMs;
  if (shards.some((shard) => statSync(shard).mtimeMs > written_ms)) return false;
  let partial: Partial;
  try {
    partial = readPartial(readFileSync(out, "utf8"), out);
  } catch {
    return false;
  }
  const { version, command, sources, lines } = partial;
  const skipped = sources.reduce((sum, source) => sum + source.skipped, 0);
  if (skipped > 0 && !pass.skip_bad) return false;
  if (rows !== undefined && (!existsSync(rows) || digestOf(rows) !== lines)) return false;
  const of_others = [version, command, partial.options, partial.state, partial.before, inputsOf(sources)];
  const inputs = shards.map((shard, i) => ({
    shard,
    ...partOf(ranges?.[i]),
    input: inputOf(shard, targets),
  }));
  const of_this = [VERSION, analysis.name, options, state, before, inputsOf(inputs)];
  return JSON.stringify(of_others) === JSON.stringify(of_this);
}

function inputsOf(sources: readonly Pick<Source, "shard" | "part" | "input">[]): object {
  return sources.map(({ shard, part, input }) => [shard, part, input]);
}
