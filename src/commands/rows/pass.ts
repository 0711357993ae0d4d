/**
 * One pass over the rows of all shards: each goes to a tally; now and then the pass says where it is and keeps a
 * checkpoint. Rows that are none end the pass, or are counted when that was asked for.
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

/** Where a pass stands: at the beginning, or where one was cut. */
export interface Standing {
  /** the shard that is read, by its place in the list */
  readonly shard: number;
  /** of the next row in it */
  readonly row: number;
  /** what was read of each shard so far */
  readonly sources: readonly SourceRows[];
}

export const BEGINNING: Standing = { shard: 0, row: 0, sources: [] };

export interface PassHooks {
  /** Takes a row, or throws a Problem and takes nothing. */
  take(row: TaskRow, shard: string, index: number): void;
  /** Keeps where the pass stands. */
  keep(at: Standing): void;
  readonly status: Status;
}

/** Rows between two looks at the clock. */
const LOOK_ROWS = 64;
/** Signals are heard only between two turns of the event loop. */
const TURN_MS = 100;
/** Between two looks at a pipe that has nothing yet. */
const IDLE_MS = 5;
/** Skipped rows of a shard that are told one by one. */
const TOLD_MAX = 20;
/** Shards that are opened beforehand, to say how many rows there will be. */
const COUNTED_SHARDS_MAX = 1000;

/** Reads all rows from `start` on, and answers how many each shard had. */
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
  /** that were read or skipped, of all shards */
  rows: number;
  /** of a run that was cut, which this one goes on with */
  readonly rows_before: number;
  readonly rows_expected: number | undefined;
  kept_ms: number;
  turned_ms: number;
}

/** A shard that is being read. */
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

/** Waits for a pipe that has nothing yet, and does meanwhile what is due. */
async function idle(run: Run, reading: Reading): Promise<void> {
  await wait(IDLE_MS);
  await look(run, reading);
}

/** Looks at the clock and at signals, and does what is due. */
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

/** Undefined when a format does not tell, and for standard input, which can be opened only once. */
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
