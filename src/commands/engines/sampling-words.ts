/** Every option of a step as a word of a command line: `--top-p 0.95`, `--grammar @schema.json`, `--logprobs`. */
import { Misuse, type Option, type Options } from "../../command-line.ts";
import { CONTROL } from "../../sampling/options/control.ts";
import { STEP_OPTIONS } from "../../sampling/options/step-options.ts";
import { readJson } from "../rows/documents.ts";

/** What a step of a text keeps by itself, or has no meaning for one. */
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

/** The table of all of them. */
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

/** JSON where the word is JSON, the JSON of a file after @, and text otherwise. Whole numbers beyond 2^53 stay text. */
function readValue(word: string): unknown {
  if (word.startsWith("@")) return readJson(word.slice(1));
  if (/^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word))) return word;
  try {
    return JSON.parse(word) as unknown;
  } catch {
    return word;
  }
}

/** The options that were given, by their own names, over those of `--options`. */
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

/** `--top_p` is how the options of a request are written, and means `--top-p`. */
export function withDashes(words: readonly string[]): string[] {
  return words.map((word) => word.replace(/^--[a-z0-9_]+/, wordOf));
}
