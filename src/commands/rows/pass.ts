/**
 * One pass over the rows of all shards. Each row goes to a tally. From time to time the pass reports its progress and
 * saves a checkpoint. An invalid row ends the pass, or is skipped and counted if the caller wishes so.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { TaskRow } from "../../analysis/tasks/task.ts";
import { messageOf, Problem } from "../../errors.ts";
import { Starved } from "../../shards/bytes.ts";
import { openShard, STDIN } from "../../shards/open.ts";
import type { Shard, ShardOptions } from "../../shards/shard.ts";
import type { SourceRows } from "./documents.ts";
import { Interrupted } from "./interrupted.ts";
import { type Signals, watchSignals } from "./signals.ts";
import type { Status } from "./status.ts";

export interface PassOptions extends ShardOptions {
  readonly shards: readonly string[];
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
      const reading = { name, place, others, index: place === start.shard ? start.row : 0, ...read };
      const shard = await opened(name, options, () => idle(run, reading));
      try {
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
  /** of the next row */
  index: number;
  rows: number;
  skipped: number;
}

function sourceOf({ name, rows, skipped }: Reading): SourceRows {
  return { shard: name, rows, skipped };
}

async function readShard(run: Run, reading: Reading, shard: Shard): Promise<void> {
  const { name } = reading;
  for (;;) {
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
      if (!(error instanceof Problem)) throw named(name, error);
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

/** Checks the clock and signals, and does what is due. */
async function look(run: Run, { name, place, others, ...reading }: Reading): Promise<void> {
  const { options, hooks, signals } = run;
  const now_ms = performance.now();
  const { rows, rows_before, rows_expected } = run;
  hooks.status.at({ shard: name, rows, rows_before, rows_expected });
  if (now_ms - run.turned_ms >= TURN_MS) {
    await new Promise((resolve) => setImmediate(resolve));
    run.turned_ms = now_ms;
  }
  if (now_ms - run.kept_ms < options.checkpoint_s * 1000 && signals.heard === undefined) return;
  const source = sourceOf({ name, place, others, ...reading });
  hooks.keep({ shard: place, row: reading.index, sources: [...others, source] });
  run.kept_ms = now_ms;
  if (signals.heard !== undefined) throw new Interrupted(signals.heard, `${name}, row ${reading.index}`);
}

async function opened(name: string, options: PassOptions, idle?: () => Promise<void>): Promise<Shard> {
  try {
    return await openShard(name, options, idle);
  } catch (error) {
    throw error instanceof Interrupted ? error : named(name, error);
  }
}

/** Undefined when a format does not state it, and for standard input, which can be opened only once. */
async function rowsExpected(options: PassOptions): Promise<number | undefined> {
  const { shards } = options;
  if (shards.includes(STDIN) || shards.length > COUNTED_SHARDS_MAX) return undefined;
  let sum = 0;
  for (const name of shards) {
    const shard = await opened(name, options);
    shard.close();
    if (shard.rows === undefined) return undefined;
    sum += shard.rows;
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

function named(name: string, error: unknown): Error {
  const words = messageOf(error);
  return new Error(words.startsWith(name) ? words : `${name}: ${words}`);
}
