/**
 * Reads the configuration from environment variables. An unknown or invalid variable stops the start with an
 * error.
 */
import { readFileSync } from "node:fs";
import * as z from "zod";
import { messageOf } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { parseWatermark } from "../sampling/draw/choice.ts";
import { NO_WATERMARK_KEYS, requireKey, type WatermarkKeys } from "../sampling/draw/watermark/keys.ts";
import type { MarkChoice } from "../sampling/draw/watermark/scheme.ts";
import { apiKeysOf, digestsOf, type KeyGrant } from "./keys.ts";
import { heldBytesOf, memoryGranted } from "./memory.ts";
import { originsOf } from "./origins.ts";
import { ACCESS, LIMITS, PROCESS, TRACING } from "./settings.ts";
import { watermarkKeysOf } from "./watermark-keys.ts";

const PREFIX = "LOGIT_SAMPLER_";

export type Limits = Readonly<z.infer<typeof LIMITS> & { held_bytes_max: number }>;
export interface Config extends Readonly<z.infer<typeof PROCESS>> {
  readonly limits: Limits;
  /** SHA-256 of each key; the keys themselves are not stored. Empty: no key is needed. */
  readonly key_digests: readonly Uint8Array[];
  /** the permissions of each of these keys' owners; undefined: all */
  readonly key_grants: readonly (KeyGrant | undefined)[];
  /** secret: only their number may be shown */
  readonly watermark_keys: WatermarkKeys;
  /** the default watermark of steps without one; undefined: none */
  readonly default_mark: MarkChoice | undefined;
  /** who may leave the default watermark out: anyone, or owners with the permission */
  readonly opt_out: "keyed" | "anyone";
  /** empty: none; `*`: all */
  readonly cors_origins: readonly string[];
  /** destination of spans; undefined: none */
  readonly tracing: TracingConfig | undefined;
}

export interface TracingConfig {
  /** headers for the trace collector */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service_name: string;
  /** further attributes of the service */
  readonly attributes: Readonly<Record<string, string>>;
  /** share of recorded requests, among those without a sampling decision of the caller */
  readonly ratio: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables of the adapters for engines (clients/python). They may be set for the whole machine, so the service ignores
 * them.
 */
const OF_ADAPTERS: readonly string[] = [
  "LOGIT_SAMPLER_URL",
  "LOGIT_SAMPLER_API_KEY",
  "LOGIT_SAMPLER_TIMEOUT_S",
];

/** The configuration from these variables. Throws an Error that names the variable, the rule and the value. */
export function readConfig(environment: Environment): Config {
  const limits = settings(LIMITS, PREFIX, environment);
  const known = new Set(Object.keys(LIMITS.shape).map((name) => variableOf(PREFIX, name)));
  const unknown = Object.keys(environment).find(
    (name) => name.startsWith(PREFIX) && !known.has(name) && !OF_ADAPTERS.includes(name),
  );
  if (unknown !== undefined)
    throw new Error(
      `there is no setting ${unknown}; known are ${[...known].sort().join(", ")}${meantBy(unknown, known)}`,
    );
  const plain = settings(PROCESS, "", environment);
  const access = settings(ACCESS, "", environment);
  const { api_keys, api_keys_file, cors_origins, watermark_keys_file } = access;
  const keys = [
    ...named("API_KEYS", () =>
      digestsOf(api_keys.split(",")).map((digest) => ({ digest, grant: undefined })),
    ),
    ...named("API_KEYS_FILE", () => (api_keys_file === "" ? [] : apiKeysOf(linesOf(api_keys_file)))),
  ];
  const key_digests = keys.map(({ digest }) => digest);
  const watermark_keys = named("WATERMARK_KEYS_FILE", () =>
    watermark_keys_file === ""
      ? NO_WATERMARK_KEYS
      : watermarkKeysOf(readFileSync(watermark_keys_file, "utf8").split("\n")),
  );
  if (plain.metrics === "keyed" && key_digests.length === 0)
    throw new Error('METRICS can be "keyed" only where there are API_KEYS, got none');
  return {
    ...plain,
    limits: { ...limits, held_bytes_max: limits.held_bytes_max ?? heldBytesOf(memoryGranted(), plain) },
    key_digests,
    key_grants: keys.map(({ grant }) => grant),
    watermark_keys,
    default_mark: named("WATERMARK_DEFAULT", () => defaultMark(access.watermark_default, watermark_keys)),
    opt_out: access.watermark_opt_out,
    cors_origins: named("CORS_ORIGINS", () => originsOf(cors_origins)),
    tracing: tracingOf(settings(TRACING, "", environment)),
  };
}

/** Undefined for an empty text. Throws an Error that names the rule. */
function defaultMark(text: string, keys: WatermarkKeys): MarkChoice | undefined {
  if (text === "") return undefined;
  const choice = parseWatermark(parsedJson(text), "");
  requireKey(keys, choice.options.key, "/key");
  return choice;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`must be JSON like {"scheme": "gumbel", "key": "main"}, got ${JSON.stringify(text)}`);
  }
}

/** Some settings have no prefix. A name with a needless prefix is suggested before similar names. */
function meantBy(unknown: string, known: ReadonlySet<string>): string {
  const bare = unknown.slice(PREFIX.length);
  const names = Object.keys({ ...PROCESS.shape, ...ACCESS.shape, ...TRACING.shape });
  const unprefixed = names.find((name) => variableOf("", name) === bare);
  return unprefixed === undefined ? didYouMean(unknown, known) : `; did you mean ${JSON.stringify(bare)}?`;
}

function tracingOf(set: z.infer<typeof TRACING>): TracingConfig | undefined {
  const endpoint = set.otel_exporter_otlp_endpoint;
  if (endpoint === "") return undefined;
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint))
    throw new Error(`OTEL_EXPORTER_OTLP_ENDPOINT must be a URL, got ${JSON.stringify(endpoint)}`);
  const { username, password } = new URL(endpoint);
  if (username + password !== "")
    throw new Error(
      "OTEL_EXPORTER_OTLP_ENDPOINT must hold no name or password: OTEL_EXPORTER_OTLP_HEADERS is for those",
    );
  return {
    url: `${endpoint.replace(/\/$/, "")}/v1/traces`,
    headers: named("OTEL_EXPORTER_OTLP_HEADERS", () => pairsOf(set.otel_exporter_otlp_headers)),
    service_name: set.otel_service_name,
    attributes: named("OTEL_RESOURCE_ATTRIBUTES", () => pairsOf(set.otel_resource_attributes)),
    ratio: set.otel_traces_sampler_arg,
  };
}

/** `a=1,b=two%20words`. Throws an Error that does not show values: they may be secrets. */
function pairsOf(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair, index) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Error(`must hold name=value pairs, number ${index + 1} is none`);
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}

/** The configuration for the log: without secrets; of the keys only their number. */
export function shownConfig({
  key_digests,
  key_grants: _,
  watermark_keys,
  default_mark,
  tracing,
  ...rest
}: Config): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    api_keys: key_digests.length,
    watermark_keys: watermark_keys.size,
    default_mark: default_mark?.scheme.name,
    traces_to: tracing?.url,
  };
}

/** Every setting with its variable, meaning and default, for the documentation. */
export function describeSettings(): readonly { variable: string; meaning: string; standard: unknown }[] {
  const list = (shape: Readonly<Record<string, z.ZodType>>, prefix: string) =>
    Object.entries(shape).map(([name, schema]) => ({
      variable: variableOf(prefix, name),
      meaning: schema.description ?? "",
      standard: schema.parse(undefined),
    }));
  const usual = { ...PROCESS.shape, ...ACCESS.shape, ...TRACING.shape };
  return [...list(usual, ""), ...list(LIMITS.shape, PREFIX)];
}

function linesOf(path: string): readonly string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"));
}

/** Adds the variable's name to an error. */
function named<Value>(variable: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new Error(`${variable} ${messageOf(error)}`);
  }
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
    if (text === undefined || text === "") continue;
    // Only numeric settings are converted: a key may consist of digits.
    const is_text = z.safeParse(schema.shape[name] as z.ZodType, text).success;
    given[name] = !is_text && /^-?\d+$/.test(text) ? Number(text) : text;
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(`${variableOf(prefix, String(issue?.path[0]))} ${issue?.message}`);
}
