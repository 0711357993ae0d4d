/**
 * The files that commands over shards write: the sums of a part, the checkpoint of an interrupted run, the state of a
 * calibration between two rounds, and the report. Each is one JSON object in one line, and all begin with the same
 * fields.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as z from "zod";
import { VERSION } from "../../config/version.ts";
import { Problem } from "../../errors.ts";
import { parseWith } from "../../sampling/options/parse.ts";

/** Version of the files' form; sums of different versions are not merged. */
const FORM = 2;

const count = z.int().min(0);
const HEAD = {
  form: z.literal(FORM),
  /** version of the program that wrote the file */
  version: z.string(),
  command: z.string(),
  /** in the form of the endpoint with the same name */
  options: z.record(z.string(), z.unknown()),
  /** state of a calibration between its rounds */
  state: z.unknown(),
};

const ROUND = z.strictObject({ shards: count, rows: count, skipped: count, digest: z.string() });

/** A shard as one pass reads it. */
export interface SourceRows {
  readonly shard: string;
  readonly rows: number;
  readonly skipped: number;
}

export const SOURCE_ROWS = z.strictObject({ shard: z.string(), rows: count, skipped: count });

const SOURCE = z.strictObject({
  ...SOURCE_ROWS.shape,
  /** for a part of a shard: the ranges of rows that were read, and the number of rows in the shard; absent: all rows */
  part: z.strictObject({ of: count, ranges: z.array(z.tuple([count, count])) }).optional(),
  /** digest of the input; null for standard input */
  input: z.string().nullable(),
});

const PARTIAL = z.strictObject({
  kind: z.literal("partial"),
  ...HEAD,
  /** for a calibration: the shards of the last round, which this round must read again */
  before: ROUND.nullable(),
  sources: z.array(SOURCE),
  /** digest of the file with a line for each row; null when there is none */
  lines: z.string().nullable(),
  tally: z.unknown(),
});

const STATE = z.strictObject({ kind: z.literal("state"), ...HEAD, before: ROUND });

/** A shard, and the number of its rows that were read. */
export type Source = z.infer<typeof SOURCE>;
/** The ranges of rows of a shard, ascending, without overlap or contact. */
export type SourcePart = NonNullable<Source["part"]>;
/** All shards of a round of a calibration. */
export type Round = z.infer<typeof ROUND>;
export type Partial = z.infer<typeof PARTIAL>;
export type State = z.infer<typeof STATE>;

export interface Head {
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: unknown;
}

export function headOf({ command, options, state }: Head) {
  return { form: FORM, version: VERSION, command, options: { ...options }, state };
}

/** Equal for the same rows, whatever the names and the order of the shards. */
export function roundOf(sources: readonly Source[]): Round {
  const sum = (of: (source: Source) => number) => sources.reduce((total, source) => total + of(source), 0);
  const inputs = sources.map(({ input, rows, skipped }) => JSON.stringify([input, rows, skipped])).sort();
  return {
    shards: sources.length,
    rows: sum(({ rows }) => rows),
    skipped: sum(({ skipped }) => skipped),
    digest: createHash("sha256").update(inputs.join("\n")).digest("hex"),
  };
}

/** The partial in a line of JSON. Throws an Error that begins with `name`. */
export function readPartial(text: string, name: string): Partial {
  return readDocument(PARTIAL, text, name, "the sums of a part, as --out writes them");
}

export function readState(path: string): State {
  return readDocument(
    STATE,
    readFileSync(path, "utf8"),
    path,
    "the state of a calibration, as merge writes it",
  );
}

export function readDocument<Document>(
  schema: z.ZodType<Document>,
  text: string,
  name: string,
  what: string,
): Document {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name}: is no JSON, and should be ${what}`);
  }
  try {
    return parseWith(schema, value, "");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Error(`${name}: is not ${what}: ${error.message}`);
  }
}
