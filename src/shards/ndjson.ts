/**
 * Lines of JSON, one row each: {"logits": […], "target": 3}, or {"token_ids": […], "logprobs": […], "tail_mass": 0.02}.
 * Fields with other names are ignored, as in every format.
 */
import type { TaskRow } from "../analysis/tasks/task.ts";
import { Problem, show } from "../errors.ts";
import type { Bytes } from "./bytes.ts";
import { type Part, partsOf, type RowParts, rowOf, type Shard, type ShardOptions } from "./shard.ts";

const NEWLINE = 10;
/** Bytes of a row with 262,144 numbers of 20 digits. */
const LINE_BYTES_MAX = 2 ** 23;

export function openNdjson(bytes: Bytes, options: ShardOptions, close: () => void): Shard {
  const decoder = new TextDecoder();
  let lines_skipped = 0;
  const nextLine = () => {
    for (;;) {
      const line = bytes.takeThrough(NEWLINE, LINE_BYTES_MAX);
      if (line === undefined) throw new Error(`has a line of more than ${LINE_BYTES_MAX} bytes`);
      if (line.length === 0) return undefined;
      const text = decoder.decode(line).trim();
      if (text !== "") return text;
    }
  };
  return {
    rows: undefined,
    next() {
      for (; lines_skipped > 0; lines_skipped--) if (nextLine() === undefined) return undefined;
      const line = nextLine();
      return line === undefined ? undefined : rowOfLine(line, options);
    },
    skip(rows) {
      lines_skipped += rows;
    },
    close,
  };
}

function rowOfLine(line: string, options: ShardOptions): TaskRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Problem("malformed_json", `a line must be a JSON object, got ${show(line)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Problem("invalid_logits", `a line must be a JSON object, got ${show(value)}`);
  const fields = value as Readonly<Record<string, unknown>>;
  const parts: Partial<Record<Part, unknown>> = {};
  for (const [part, name] of partsOf(Object.keys(fields))) parts[part] = fields[name];
  return rowOf(checkedParts(parts), options);
}

function checkedParts(parts: Partial<Record<Part, unknown>>): RowParts {
  const { logits, token_ids, logprobs, tail_mass, target, step, history, prompt_length } = parts;
  return {
    step: single(step, "step"),
    history: numbers(history, "history"),
    prompt_length: single(prompt_length, "prompt_length"),
    logits: numbers(logits, "logits"),
    token_ids: numbers(token_ids, "token_ids"),
    logprobs: numbers(logprobs, "logprobs"),
    tail_mass: single(tail_mass, "tail_mass"),
    target: single(target, "target"),
  };
}

/** null stands for −Infinity, which JSON cannot express. */
function numbers(value: unknown, name: string): Float64Array | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value))
    throw new Problem(
      "invalid_logits",
      `${name} must be an array of numbers, got ${show(value)}`,
      `/${name}`,
    );
  return Float64Array.from(value, (each: unknown, i) => {
    if (each === null) return Number.NEGATIVE_INFINITY;
    if (typeof each === "number") return each;
    throw new Problem("invalid_logits", `${name} must hold numbers, got ${show(each)}`, `/${name}/${i}`);
  });
}

function single(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || typeof value === "number") return value ?? undefined;
  throw new Problem("invalid_option", `${name} must be a number, got ${show(value)}`, `/${name}`);
}
