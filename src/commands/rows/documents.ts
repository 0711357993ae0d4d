/**
 * The files that commands over shards write: the sums of a part, where a run stood when it was cut, where a calibration
 * stands between two rounds, and the report. Each is one JSON object in one line, with the same head.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as z from "zod";
import { VERSION } from "../../config/version.ts";
import { Problem } from "../../errors.ts";
import { parseWith } from "../../sampling/options/parse.ts";

/** Of the form of these files; sums of different forms are not merged. */
const FORM = 2;

const count = z.int().min(0);
const HEAD = {
  form: z.literal(FORM),
  /** of the program that wrote it */
  version: z.string(),
  command: z.string(),
  /** as the endpoint of the same name takes them */
  options: z.record(z.string(), z.unknown()),
  /** of a calibration, between its rounds */
  state: z.unknown(),
};

const ROUND = z.strictObject({ shards: count, rows: count, skipped: count, digest: z.string() });

/** A shard as a pass reads it. */
export interface SourceRows {
  readonly shard: string;
  readonly rows: number;
  readonly skipped: number;
}

export const SOURCE_ROWS = z.strictObject({ shard: z.string(), rows: count, skipped: count });

const SOURCE = z.strictObject({
  ...SOURCE_ROWS.shape,
  /** digest of what was read; null for standard input */
  input: z.string().nullable(),
});

const PARTIAL = z.strictObject({
  kind: z.literal("partial"),
  ...HEAD,
  /** of a calibration: what the round before has read, which this one has to read again */
  before: ROUND.nullable(),
  sources: z.array(SOURCE),
  /** digest of the file with a line for every row; null when there is none */
  lines: z.string().nullable(),
  tally: z.unknown(),
});

const STATE = z.strictObject({ kind: z.literal("state"), ...HEAD, before: ROUND });

/** A shard that was read, and how many of its rows. */
export type Source = z.infer<typeof SOURCE>;
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

/** The same for the same rows, whatever the shards are called and in whatever order they come. */
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

/** The partial that a line of JSON holds; throws an Error that begins with `name`. */
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

/** JSON of a file with options, such as a calibration that an endpoint replied. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${path}: ${error.message}`);
  }
}

/** A part of such a file, or the file itself when it is that part: a calibration, or the reply around it. */
export function readPart(path: string, name: string): unknown {
  const value = readJson(path);
  const holds = typeof value === "object" && value !== null && name in value;
  return holds ? (value as Readonly<Record<string, unknown>>)[name] : value;
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
