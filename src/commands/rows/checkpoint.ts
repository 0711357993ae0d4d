/**
 * The state of an interrupted run: its sums so far, and the next row. An identical run that finds this checkpoint
 * continues from it and ends with the same bytes.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import * as z from "zod";
import { VERSION } from "../../config/version.ts";
import { readDocument, SOURCE_ROWS } from "./documents.ts";
import { inputOf } from "./inputs.ts";
import { writeWhole } from "./output.ts";
import type { PassOptions } from "./pass.ts";
import type { Status } from "./status.ts";

const count = z.int().min(0);

const CHECKPOINT = z.strictObject({
  kind: z.literal("checkpoint"),
  /** the command with everything that its result depends on */
  run: z.string(),
  state: z.unknown(),
  shard: count,
  row: count,
  sources: z.array(SOURCE_ROWS),
  tally: z.unknown(),
  /** bytes of the file with a line for each row */
  lines_bytes: count,
});

export type Checkpoint = z.infer<typeof CHECKPOINT>;

/** The identity of a run: the program, the command, its options, and a digest of its inputs. */
export function runOf(command: string, options: object, pass: PassOptions): string {
  const { shards, ranges, targets, vocab_size, skip_bad } = pass;
  const inputs = shards.map((shard) => [shard, inputOf(shard, targets)]);
  return JSON.stringify([VERSION, command, options, { vocab_size, skip_bad, ranges }, inputs]);
}

/**
 * The checkpoint of this run, which is also reported; undefined when there is none. The checkpoint of another run is an
 * error.
 */
export function readCheckpoint(
  path: string | undefined,
  run: string,
  shards: readonly string[],
  status: Status,
): Checkpoint | undefined {
  if (path === undefined || !existsSync(path)) return undefined;
  const checkpoint = readDocument(
    CHECKPOINT,
    readFileSync(path, "utf8"),
    path,
    "a checkpoint: remove it to begin anew",
  );
  if (checkpoint.run === run) {
    const { shard, row } = checkpoint;
    const name = shards[shard] ?? "";
    status.say(`goes on at ${name}, row ${row}`, { event: "resumed", shard: name, row });
    return checkpoint;
  }
  throw new Error(
    `${path} is the checkpoint of another run, or its shards have changed since: remove it to begin anew`,
  );
}

export function writeCheckpoint(path: string, checkpoint: Omit<Checkpoint, "kind">): void {
  writeWhole(path, `${JSON.stringify({ kind: "checkpoint", ...checkpoint })}\n`);
}

export function removeCheckpoint(path: string | undefined): void {
  if (path !== undefined) rmSync(path, { force: true });
}
