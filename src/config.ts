/**
 * Environment → Config. Every limit has a name, a unit, a default and a reason; what is set and not known, or out
 * of range, stops the start with a sentence that says so.
 */
import { availableParallelism } from "node:os";
import { z } from "zod";
import { whole } from "./sampling/fields.ts";
import { DEFAULT_OPTION_LIMITS } from "./sampling/step-options.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const PREFIX = "LOGIT_SAMPLER_";

/** What the environment's usual names set. */
const PROCESS = z.object({
  host: z.string().min(1).default("127.0.0.1").describe("Address to listen on; 0.0.0.0 for all."),
  port: whole({ min: 0, max: 65_535 }).default(8080).describe("Port to listen on; 0: any free one."),
  workers: whole({ min: 1, max: 1024 })
    .default(availableParallelism())
    .describe("Worker processes. Each samples on a core of its own."),
  log_level: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("`info` logs refused requests, `debug` every request."),
});

/** What LOGIT_SAMPLER_… sets: the limits of each worker. */
const LIMITS = z.object({
  vocab_size_max: whole({ min: 1, max: 16 * MIB })
    .default(256 * KIB)
    .describe("elements of a row"),
  rows_max: whole({ min: 1, max: 4096 })
    .default(32)
    .describe("rows that may arrive or be sampled at once; each takes 4 bytes an element"),
  batch_rows_max: whole({ min: 1 }).default(1024).describe("rows of one batch"),
  analysis_rows_max: whole({ min: 1 })
    .default(64 * KIB)
    .describe("rows of one analysis request"),
  analysis_values_max: whole({ min: 1 })
    .default(MIB)
    .describe("probabilities that one JSON reply may list; tensors have no such bound"),
  body_bytes_max: whole({ min: 1 })
    .default(64 * MIB)
    .describe("bytes of a request body"),
  discarded_bytes_max: whole({ min: 0 })
    .default(64 * MIB)
    .describe(
      "bytes of a refused body that are read and dropped, so that its sender gets to read the answer",
    ),
  json_text_bytes_max: whole({ min: 2 })
    .default(8 * MIB)
    .describe("bytes of JSON text besides the logits in it"),
  chain_length_max: whole({ min: 1 })
    .default(DEFAULT_OPTION_LIMITS.chain_length_max)
    .describe("stages of a chain"),
  history_length_max: whole({ min: 0 })
    .default(DEFAULT_OPTION_LIMITS.history_length_max)
    .describe("token ids of a history"),
  bias_entries_max: whole({ min: 0 })
    .default(DEFAULT_OPTION_LIMITS.bias_entries_max)
    .describe("entries of a logit_bias"),
  top_logprobs_max: whole({ min: 0 })
    .default(DEFAULT_OPTION_LIMITS.top_logprobs_max)
    .describe("tokens listed with their log-probabilities"),
  draws_max: whole({ min: 1 }).default(DEFAULT_OPTION_LIMITS.draws_max).describe("draws from one row"),
  headers_timeout_ms: whole({ min: 1 })
    .default(10_000)
    .describe("milliseconds for the head of a request to arrive"),
  body_timeout_ms: whole({ min: 1 })
    .default(30_000)
    .describe("milliseconds for the body of a request to arrive"),
  streams_max: whole({ min: 0 }).default(1024).describe("streams open at once; 0: none"),
  stream_idle_ms: whole({ min: 1 })
    .default(300_000)
    .describe("milliseconds that a stream is kept without a message, or without its answers being read"),
  keep_alive_timeout_ms: whole({ min: 1 })
    .default(72_000)
    .describe("milliseconds that an idle connection is kept; longer than usual proxies keep theirs"),
  drain_ms: whole({ min: 0 })
    .default(0)
    .describe("milliseconds between saying that it is not ready and taking no more connections"),
  shutdown_ms: whole({ min: 1 })
    .default(10_000)
    .describe("milliseconds that requests under way are given at the end"),
  collect_bytes: whole({ min: 64 * KIB })
    .default(16 * MIB)
    .describe("bytes of bodies after which young garbage is collected"),
});

export type Limits = Readonly<z.infer<typeof LIMITS>>;
export type Config = Readonly<z.infer<typeof PROCESS>> & { readonly limits: Limits };

type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration that these variables make. Throws an Error that names the variable, the rule and the value. */
export function readConfig(environment: Environment): Config {
  const limits = settings(LIMITS, PREFIX, environment);
  const known = new Set(Object.keys(LIMITS.shape).map((name) => variableOf(PREFIX, name)));
  const unknown = Object.keys(environment).find((name) => name.startsWith(PREFIX) && !known.has(name));
  if (unknown !== undefined)
    throw new Error(`there is no setting ${unknown}; known are ${[...known].sort().join(", ")}`);
  return { ...settings(PROCESS, "", environment), limits };
}

/** Every setting with its variable, meaning and default, for the documentation. */
export function describeSettings(): readonly { variable: string; meaning: string; standard: unknown }[] {
  const list = (shape: Readonly<Record<string, z.ZodType>>, prefix: string) =>
    Object.entries(shape).map(([name, schema]) => ({
      variable: variableOf(prefix, name),
      meaning: schema.description ?? "",
      standard: schema.parse(undefined),
    }));
  return [...list(PROCESS.shape, ""), ...list(LIMITS.shape, PREFIX)];
}

function variableOf(prefix: string, name: string): string {
  return prefix + name.toUpperCase();
}

function settings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  prefix: string,
  environment: Environment,
): z.infer<z.ZodObject<Shape>> {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(schema.shape)) {
    const text = environment[variableOf(prefix, name)];
    if (text !== undefined && text !== "") given[name] = /^-?\d+$/.test(text) ? Number(text) : text;
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(`${variableOf(prefix, String(issue?.path[0]))} ${issue?.message}`);
}
