/**
 * One pass over the rows of all shards. Each row goes to a tally. From time to time the pass reports its progress and
 * saves a checkpoint. An invalid row ends the pass, or is skipped and counted if the caller wishes so.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { TaskRow } from "../../analysis/tasks/task.ts";
import { Problem } from "../../errors.ts";
import { Starved } from "../../shards/bytes.ts";
import { openShard, STDIN } from "../../shards/open.ts";
import type { RowRange, Shard, ShardOptions } from "../../shards/shard.ts";
import type { SourceRows } from "./documents.ts";
import { Interrupted } from "./interrupted.ts";
import { countRows, namedError } from "./parts.ts";
import { type Signals, watchSignals } from "./signals.ts";
import type { Status } from "./status.ts";

export interface PassOptions extends ShardOptions {
  readonly shards: readonly string[];
  /** the rows of each shard that this run reads; undefined: all */
  readonly ranges?: readonly RowRange[] | undefined;
  readonly skip_bad: boolean;
  /** seconds between two checkpoints */
  readonly checkpoint_s: number;
}

/** The place of a pass: the beginning, or where an earlier pass was interrupted. */
export interface Standing {
  /** index of the current shard in the list */
  readonly shard: number;
  /** of the next row in it */
  readonly row: number;
  /** number of rows read of each shard so far */
  readonly sources: readonly SourceRows[];
}

export const BEGINNING: Standing = { shard: 0, row: 0, sources: [] };

export interface PassHooks {
  /** Adds a row, or throws a Problem and adds nothing. */
  take(row: TaskRow, shard: string, index: number): void;
  /** Saves the place of the pass. */
  keep(at: Standing): void;
  readonly status: Status;
}

/** Rows between two readings of the clock. */
const LOOK_ROWS = 64;
/** Signals arrive only between two turns of the event loop. */
const TURN_MS = 100;
/** Milliseconds between two reads of an empty pipe. */
const IDLE_MS = 5;
/** Skipped rows of a shard that are reported one by one. */
const TOLD_MAX = 20;
/** Maximum number of shards that are opened in advance to count the rows. */
const COUNTED_SHARDS_MAX = 1000;

/** Reads all rows from `start` on; returns the number of rows of each shard. */
export async function pass(
  options: PassOptions,
  start: Standing,
  hooks: PassHooks,
): Promise<readonly SourceRows[]> {
  const signals = watchSignals();
  const clock = { options, hooks, signals, kept_ms: performance.now(), turned_ms: performance.now() };
  const rows_before = start.sources.reduce((sum, { rows, skipped }) => sum + rows + skipped, 0);
  const run: Run = { ...clock, rows: 0, rows_before, rows_expected: await rowsExpected(options) };
  let sources = start.sources;
  try {
    for (const [place, name] of options.shards.entries()) {
      if (place < start.shard) continue;
      const others = sources.filter(({ shard }) => shard !== name);
      const read = sources.find(({ shard }) => shard === name) ?? { shard: name, rows: 0, skipped: 0 };
      const range = options.ranges?.[place];
      const begin = range?.from ?? 0;
      const index = place === start.shard ? Math.max(start.row, begin) : begin;
      const reading = { name, place, others, index, range, ...read };
      const shard = await opened(name, rangedOptions(options, range), () => idle(run, reading));
      try {
        requireRows(name, shard, range);
        if (reading.index > 0) shard.skip(reading.index);
        await readShard(run, reading, shard);
      } finally {
        shard.close();
      }
      sources = [...others, sourceOf(reading)];
    }
    return sources;
  } finally {
    signals.forget();
    hooks.status.end();
  }
}

interface Run {
  readonly options: PassOptions;
  readonly hooks: PassHooks;
  readonly signals: Signals;
  /** rows read or skipped, in all shards */
  rows: number;
  /** rows of an interrupted run that this run continues */
  readonly rows_before: number;
  readonly rows_expected: number | undefined;
  kept_ms: number;
  turned_ms: number;
}

/** The current shard. */
interface Reading {
  readonly name: string;
  readonly place: number;
  readonly others: readonly SourceRows[];
  /** the rows that are read; undefined: all */
  readonly range: RowRange | undefined;
  /** of the next row */
  index: number;
  rows: number;
  skipped: number;
}

function sourceOf({ name, rows, skipped }: Reading): SourceRows {
  return { shard: name, rows, skipped };
}

async function readShard(run: Run, reading: Reading, shard: Shard): Promise<void> {
  const { name, range } = reading;
  // The part with the last row also reads the end of the file, which has its checks.
  const end = range === undefined || range.to === range.of ? Number.POSITIVE_INFINITY : range.to;
  while (reading.index < end) {
    if (run.rows % LOOK_ROWS === 0) await look(run, reading);
    try {
      const row = shard.next();
      if (row === undefined) return;
      run.hooks.take(row, name, reading.index);
      reading.rows += 1;
    } catch (error) {
      if (error instanceof Starved) {
        await idle(run, reading);
        continue;
      }
      if (!(error instanceof Problem)) throw namedError(name, error);
      if (!run.options.skip_bad) throw badRow(reading, error);
      reading.skipped += 1;
      tellSkipped(run.hooks.status, reading, error);
    }
    reading.index += 1;
    run.rows += 1;
  }
}

/** Waits for data in an empty pipe, and meanwhile handles signals and checkpoints. */
async function idle(run: Run, reading: Reading): Promise<void> {
  await wait(IDLE_MS);
  await look(run, reading);
}

/** Checks the clock and signals, and runs the tasks that are due. */
async function look(run: Run, { name, place, others, range, ...reading }: Reading): Promise<void> {
  const { options, hooks, signals } = run;
  const now_ms = performance.now();
  const { rows, rows_before, rows_expected } = run;
  hooks.status.at({ shard: name, rows, rows_before, rows_expected });
  if (now_ms - run.turned_ms >= TURN_MS) {
    await new Promise((resolve) => setImmediate(resolve));
    run.turned_ms = now_ms;
  }
  if (now_ms - run.kept_ms < options.checkpoint_s * 1000 && signals.heard === undefined) return;
  const source = sourceOf({ name, place, others, range, ...reading });
  hooks.keep({ shard: place, row: reading.index, sources: [...others, source] });
  run.kept_ms = now_ms;
  if (signals.heard !== undefined) throw new Interrupted(signals.heard, `${name}, row ${reading.index}`);
}

async function opened(name: string, options: ShardOptions, idle?: () => Promise<void>): Promise<Shard> {
  try {
    return await openShard(name, options, idle);
  } catch (error) {
    throw error instanceof Interrupted ? error : namedError(name, error);
  }
}

function rangedOptions(options: PassOptions, range: RowRange | undefined): PassOptions {
  return range === undefined ? options : { ...options, range };
}

/** A shard that was replaced since its rows were counted would be read in part. */
function requireRows(name: string, { rows }: Shard, range: RowRange | undefined): void {
  if (range === undefined || rows === range.of) return;
  throw new Error(`${name}: must keep its ${range.of} rows while parts of it are read, got ${rows}`);
}

/** Undefined when a shard does not state it. */
async function rowsExpected(options: PassOptions): Promise<number | undefined> {
  const { shards, ranges } = options;
  if (ranges !== undefined) return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  if (shards.includes(STDIN) || shards.length > COUNTED_SHARDS_MAX) return undefined;
  let sum = 0;
  for (const name of shards) {
    const rows = await countRows(name, options);
    if (rows === undefined) return undefined;
    sum += rows;
  }
  return sum;
}

function tellSkipped(
  status: Status,
  { name, index, skipped }: Reading,
  { code, message, pointer }: Problem,
): void {
  if (skipped > TOLD_MAX) return;
  const more = skipped === TOLD_MAX ? "; further ones of this shard are only counted" : "";
  const event = { event: "skipped", shard: name, row: index, code, detail: message, pointer };
  status.say(`${name}, row ${index}: skipped: ${message}${more}`, event);
}

function badRow({ name, index }: Reading, { message, pointer }: Problem): Error {
  const place = pointer === "" ? "" : ` (${pointer})`;
  return new Error(
    `${name}, row ${index}: ${message}${place}; with --skip-bad such rows are counted and left out`,
  );
}
