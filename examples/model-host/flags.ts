/**
 * Command-line flags of the model host. The host's own flags are listed here; every other `--name value` is a
 * sampling option and goes to the service as it stands, so that the host never has to learn a new sampler.
 */
import { ROW_FORMATS, type RowFormat, type StepFields } from "./row-formats.ts";

export interface Flags {
  readonly host: ReadonlyMap<string, string>;
  readonly sampling: StepFields;
}

/** Splits `--name value`, `--name=value` and lone `--name` into the host's flags and the sampling options. */
export function parseFlags(words: readonly string[], host_names: readonly string[]): Flags {
  const host = new Map<string, string>();
  const sampling: Record<string, unknown> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const match = /^--([a-z0-9_]+)(?:=(.*))?$/s.exec(word);
    if (match === null) throw new Error(`expected a flag like --temperature 0.8, got ${word}`);
    const next = words[i + 1];
    const takes_next = match[2] === undefined && next !== undefined && !next.startsWith("--");
    const value = match[2] ?? (takes_next ? (next ?? "") : "true");
    if (takes_next) i++;
    const name = match[1] ?? "";
    if (host_names.includes(name)) host.set(name, value);
    else sampling[name] = wireValue(value);
  }
  return { host, sampling };
}

/** A value as JSON where it is JSON, as text otherwise. Integers beyond 2^53 stay text: seeds have 64 bits. */
function wireValue(text: string): unknown {
  if (/^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text))) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A host flag that must be a whole number above zero. */
export function countFlag(flags: Flags, name: string, preset: number): number {
  const text = flags.host.get(name) ?? String(preset);
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number above 0, got ${text}`);
  return value;
}

/** The host flag --format. */
export function rowFormatFlag(flags: Flags): RowFormat {
  const name = flags.host.get("format") ?? "binary";
  // The check is what makes the name a key.
  if (Object.hasOwn(ROW_FORMATS, name)) return name as RowFormat;
  throw new Error(`--format must be one of ${Object.keys(ROW_FORMATS).join(", ")}, got ${name}`);
}
