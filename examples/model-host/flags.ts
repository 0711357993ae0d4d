/**
 * The command line of a model host. Its own options stand in a table; every other `--name value` is a sampling option
 * and goes to the service as it stands, so that the host never has to learn a new sampler.
 */
import { readFileSync } from "node:fs";
import { type Command, commandLine, count, Misuse, type Option, text } from "../../src/command-line.ts";
import { ROW_FORMATS, type RowFormat, type StepFields } from "./row-formats.ts";

/** Options that both hosts have. */
export function hostOptions(prompt: string, max_tokens: number) {
  return {
    prompt: text("TEXT", "what the model continues", prompt),
    max_tokens: count("N", "tokens of a text", max_tokens),
    format: FORMAT,
    "json-schema": text("FILE", "writes a JSON text that the schema in this file admits", undefined),
  };
}

/** The sampling options that a schema in a file stands for; the demo model's vocabulary says what its tokens are. */
export function structured(schema_file: string | undefined): StepFields {
  if (schema_file === undefined) return {};
  const json_schema: unknown = JSON.parse(readFileSync(schema_file, "utf8"));
  return { vocabulary: "demo", grammar: { json_schema, whitespace: "compact" } };
}

const FORMAT: Option<RowFormat> = {
  about: `how a POST carries its row: ${Object.keys(ROW_FORMATS).join(", ")}`,
  placeholder: "NAME",
  standard: "binary",
  read(name) {
    // The check is what makes the name a key.
    if (Object.hasOwn(ROW_FORMATS, name)) return name as RowFormat;
    throw new Error(`must be one of ${Object.keys(ROW_FORMATS).join(", ")}, got ${name}`);
  },
};

export const ABOUT_SAMPLING =
  "Every other --name value is a sampling option and goes to the service as it stands: --top_k 40, --preset vllm, --logit_bias '{\"11\": -5}'. docs/samplers.md lists them.";

/** What a host was called with; ends the process as `commandLine` does. */
export function hostLine<Table extends Readonly<Record<string, Option<unknown>>>>(
  command: Command<Table>,
  words: readonly string[] = process.argv.slice(2),
) {
  const { own, sampling } = divideWords(words, command.options);
  return { values: commandLine(command, own).values, sampling };
}

/** Words about the table's options, as they stand, and the sampling options that the others make. */
export function divideWords(
  words: readonly string[],
  options: Readonly<Record<string, Option<unknown>>>,
): { readonly own: readonly string[]; readonly sampling: StepFields } {
  const own: string[] = [];
  const sampling: Record<string, unknown> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const [, name, inline] = /^--([a-z0-9_]+)(?:=(.*))?$/s.exec(word) ?? [];
    const next = words[i + 1];
    // Also negative numbers are values; the next option is none.
    const value = inline ?? (next?.startsWith("--") === false ? next : undefined);
    const is_taken = inline === undefined && value !== undefined;
    const option = name !== undefined && Object.hasOwn(options, name) ? options[name] : undefined;
    if (name === undefined || ["help", "version"].includes(name)) own.push(word);
    else if (option === undefined) {
      sampling[name] = wireValue(value ?? "true");
      if (is_taken) i++;
    } else if (option.placeholder === undefined || value === undefined) own.push(word);
    else {
      own.push(`--${name}=${value}`);
      if (is_taken) i++;
    }
  }
  return { own, sampling };
}

/** A value as JSON where it is JSON, as text otherwise. Integers beyond 2^53 stay text: seeds have 64 bits. */
function wireValue(given: string): unknown {
  if (/^-?\d+$/.test(given) && !Number.isSafeInteger(Number(given))) return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return given;
  }
}

/** Reads options as the service will; throws Misuse with its sentence when it would refuse them. */
export function requireTaken(sampling: StepFields, read: (options: StepFields) => unknown): void {
  try {
    read(sampling);
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error));
  }
}
