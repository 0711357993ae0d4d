/** Every option of a step as an option of the command line: `--top-p 0.95`, `--grammar @schema.json`, `--logprobs`. */
import { Misuse, type Option, type Options } from "../../command-line.ts";
import { CONTROL } from "../../sampling/options/control.ts";
import { STEP_OPTIONS } from "../../sampling/options/step-options.ts";
import { readJson } from "../rows/json-files.ts";

/** Options that the command sets itself, or that mean nothing for a text. */
const KEPT: readonly string[] = [
  "history",
  "prompt_length",
  "step",
  "state",
  "n",
  "replacement",
  "vocab_size",
  "vocabulary",
  "require_exact",
];

type Given = Readonly<Record<string, unknown>>;

const NAMES: readonly string[] = Object.keys(STEP_OPTIONS.shape).filter((name) => !KEPT.includes(name));
const SWITCHES: readonly string[] = ["unmarked", "kept_token_ids", "logprobs", "uncertainty", "receipt"];

/** The table of all options. */
export const SAMPLING_WORDS: Options = Object.fromEntries(
  NAMES.map((name) => [wordOf(name), optionOf(name)]),
);

function wordOf(name: string): string {
  return name.replaceAll("_", "-");
}

function optionOf(name: string): Option<unknown> {
  const is_switch = SWITCHES.includes(name) && Object.hasOwn(CONTROL, name);
  return {
    about: firstSentence(STEP_OPTIONS.shape[name as keyof typeof STEP_OPTIONS.shape]?.description ?? ""),
    standard: undefined,
    ...(is_switch ? {} : { placeholder: "VALUE" }),
    read: is_switch ? () => true : readValue,
  };
}

/** docs/samplers.md has the rest. */
function firstSentence(text: string): string {
  return /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replace(/:$/, ".") ?? text;
}

/** The word as JSON if it is JSON; after @, the JSON of a file; otherwise text. Integers beyond 2^53 stay text. */
function readValue(word: string): unknown {
  if (word.startsWith("@")) return readJson(word.slice(1));
  if (/^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word))) return word;
  try {
    return JSON.parse(word) as unknown;
  } catch {
    return word;
  }
}

/** The given options under their API names, on top of those in `--options`. */
export function samplingOptions(values: Given, shared: unknown): Given {
  if (typeof shared !== "object" || shared === null || Array.isArray(shared))
    throw new Misuse(`--options must be a JSON object, got ${JSON.stringify(shared)}`);
  const kept = KEPT.find((name) => Object.hasOwn(shared, name));
  if (kept !== undefined) throw new Misuse(`--options cannot say ${kept}: the command keeps it`);
  const given = NAMES.map((name) => [name, values[wordOf(name)]] as const);
  const options = { ...shared, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
  const { combine } = options as Given;
  return typeof combine === "string" ? { ...options, combine: { rule: combine } } : options;
}

/** Requests write `--top_p` for `--top-p`; both are accepted. */
export function withDashes(words: readonly string[]): string[] {
  return words.map((word) => word.replace(/^--[a-z0-9_]+/, wordOf));
}
