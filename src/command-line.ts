/**
 * Parses the arguments of a program by a table of its options. The table also makes `--help` and the messages about
 * wrong arguments. The module knows no particular program.
 *
 * Programs exit with 0 on success, with 1 after an error, and with 2 for wrong arguments.
 */
import { parseArgs } from "node:util";
import { VERSION } from "./config/version.ts";
import { messageOf } from "./errors.ts";
import { didYouMean } from "./nearest.ts";

/** One option: `--name VALUE`, or a lone `--name` when it has no placeholder. */
export interface Option<Value> {
  readonly about: string;
  /** the name of the value in the help; undefined: a switch */
  readonly placeholder?: string;
  /** the value when the option is not given */
  readonly standard: Value;
  /** Reads the value; throws an Error whose words go after the option's name. A switch is given "". */
  read(text: string): Value;
  /** the option may be given several times: its value is a list, and `read` makes a list of each */
  readonly is_many?: boolean;
}

/** Words that are no options, such as names of proofs. */
export interface Operands<Value> {
  readonly placeholder: string;
  readonly about: string;
  /** the most that there may be; undefined: any number */
  readonly count_max?: number;
  read(word: string): Value;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export interface Command<Table extends Options, Word = never> {
  /** as it is called: `npm run load --` */
  readonly name: string;
  /** one paragraph or several, separated by empty lines */
  readonly about: string;
  readonly options: Table;
  readonly operands?: Operands<Word>;
  /** stands below the options */
  readonly epilogue?: string;
}

export type Values<Table extends Options> = {
  readonly [Name in keyof Table]: Table[Name]["standard"];
};

export interface Given<Table extends Options, Word = never> {
  readonly values: Values<Table>;
  readonly operands: readonly Word[];
}

/** The program was called wrongly. */
export class Misuse extends Error {}

export function flag(about: string): Option<boolean> {
  return { about, standard: false, read: () => true };
}

export function text<Standard extends string | undefined>(
  placeholder: string,
  about: string,
  standard: Standard,
): Option<string | Standard> {
  return { about, placeholder, standard, read: (given) => given };
}

/** A text that may be given several times. */
export function texts(placeholder: string, about: string): Option<readonly string[]> {
  return { about, placeholder, standard: [], read: (given) => [given], is_many: true };
}

/** A number above 0, with or without a fraction. */
export function positive<Standard extends number | undefined>(
  placeholder: string,
  about: string,
  standard: Standard,
): Option<number | Standard> {
  const read = (given: string) => {
    const value = Number(given);
    if (!(value > 0) || value === Number.POSITIVE_INFINITY)
      throw new Error(`must be a number above 0, got ${given}`);
    return value;
  };
  return { about, placeholder, standard, read };
}

/** A whole number of at least `min`. */
export function count<Standard extends number | undefined>(
  placeholder: string,
  about: string,
  standard: Standard,
  min = 1,
): Option<number | Standard> {
  return { about, placeholder, standard, read: (given) => readCount(given, min) };
}

export function readCount(given: string, min = 1): number {
  const value = Number(given);
  if (given.trim() === "" || !Number.isSafeInteger(value) || value < min)
    throw new Error(`must be a whole number of at least ${min}, got ${given === "" ? "nothing" : given}`);
  return value;
}

/** One or several of a list of words, separated by commas; all of them when not given. */
export function some<Word extends string>(words: readonly Word[], about: string): Option<readonly Word[]> {
  const read = (given: string) => given.split(",").map((each) => readWord(each, words));
  return { about: `${about}: ${words.join(", ")}`, placeholder: "NAMES", standard: words, read };
}

export function readWord<Word extends string>(given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new Error(`must be one of ${words.join(", ")}, got ${given}${didYouMean(given, words)}`);
}

/**
 * Parses the words of the command line. `--help` and `--version` print their text and end the process with 0; an
 * error in the words is printed and ends it with 2.
 */
export function commandLine<Table extends Options, Word = never>(
  command: Command<Table, Word>,
  words: readonly string[] = process.argv.slice(2),
): Given<Table, Word> {
  try {
    const given = readWords(command, words);
    if (typeof given !== "string") return given;
    process.stdout.write(given);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

/** Runs a program. What it throws becomes a sentence and exit code 1; a defect keeps its stack. */
export async function run(program: () => Promise<void> | void): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exitCode = error instanceof Misuse ? 2 : 1;
  }
}

/** The words of an Error that was thrown to be read, or that the system gave; else where it came from as well. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as { readonly code?: unknown; readonly path?: unknown }; // system errors have them
  if (typeof code === "string" && "syscall" in error)
    return (typeof path === "string" && SYSTEM_ERRORS[code]?.(path)) || error.message || code;
  const is_told = error.constructor === Error || error instanceof Misuse;
  return is_told ? error.message : (error.stack ?? error.message);
}

/** Messages for the system's errors about files. */
const SYSTEM_ERRORS: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `there is no file ${path}`,
  ENOTDIR: (path) => `a part of ${path} is no folder`,
  EISDIR: (path) => `${path} is a folder, where a file is wanted`,
  EACCES: (path) => `${path} may not be opened by this user`,
  EPERM: (path) => `${path} may not be changed by this user`,
  EROFS: (path) => `${path} lies on a disk that cannot be written`,
  ENOSPC: (path) => `the disk of ${path} is full`,
};

/** The values that the words give, or the text that they ask for. Throws Misuse. */
export function readWords<Table extends Options, Word = never>(
  command: Command<Table, Word>,
  words: readonly string[],
): Given<Table, Word> | string {
  const { options, operands } = command;
  const given = new Map<string, unknown>();
  const read: Word[] = [];
  for (const token of tokensOf(options, words)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") read.push(operandOf(operands, token.value, read.length));
    else if (token.name === "help") return helpOf(command);
    else if (token.name === "version") return `logit-sampler ${VERSION}\n`;
    else given.set(token.name, joined(options, token, given.get(token.name)));
  }
  const standards = Object.entries(options).map(([name, { standard }]) => [name, standard]);
  // Each value was parsed by the option of its name, or is its default.
  const values = Object.fromEntries([...standards, ...given]) as Values<Table>;
  return { values, operands: read };
}

function tokensOf(options: Options, words: readonly string[]) {
  const types = Object.entries(options).map(([name, { placeholder }]) => [
    name,
    { type: placeholder === undefined ? ("boolean" as const) : ("string" as const) },
  ]);
  const own = {
    help: { type: "boolean" as const, short: "h" },
    version: { type: "boolean" as const, short: "v" },
  };
  // Not strict, because the checks below give all messages the same form.
  const settings = { strict: false, tokens: true, allowPositionals: true } as const;
  return parseArgs({ ...settings, args: [...words], options: { ...Object.fromEntries(types), ...own } })
    .tokens;
}

/** The value of an option, after those that were given before where it takes several. */
function joined(options: Options, token: OptionToken, before: unknown): unknown {
  const is_many = Object.hasOwn(options, token.name) && options[token.name]?.is_many === true;
  if (before === undefined) return givenValue(options, token);
  if (!is_many) throw new Misuse(`${token.rawName} is given more than once`);
  return [...(before as readonly unknown[]), ...(givenValue(options, token) as readonly unknown[])]; // is_many says so
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function givenValue(options: Options, { name, rawName, value, inlineValue }: OptionToken): unknown {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const known = [...Object.keys(options), "help", "version"].map((each) => `--${each}`);
    throw new Misuse(
      `there is no option ${rawName}; known are ${known.join(", ")}${didYouMean(rawName, known)}`,
    );
  }
  const { placeholder } = option;
  if (placeholder === undefined && value !== undefined)
    throw new Misuse(`${rawName} takes no value, got ${value}`);
  // A value that looks like the next option is one that was forgotten.
  if (placeholder !== undefined && (value === undefined || (inlineValue !== true && value.startsWith("--"))))
    throw new Misuse(`${rawName} needs a value: ${rawName} ${placeholder}`);
  return told(rawName, () => option.read(value ?? ""));
}

function operandOf<Word>(operands: Operands<Word> | undefined, word: string, before: number): Word {
  if (operands === undefined) throw new Misuse(`expected only options, got ${word}`);
  const { placeholder, count_max = Number.POSITIVE_INFINITY } = operands;
  if (before >= count_max)
    throw new Misuse(`expected at most ${count_max} ${placeholder}, got ${word} as well`);
  return told(placeholder, () => operands.read(word));
}

function told<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new Misuse(`${name} ${messageOf(error)}`);
  }
}

const WIDTH = 100;
const OWN = [
  ["-h, --help", "prints this"],
  ["-v, --version", "prints the version"],
] as const;

/** The text of `--help`. */
export function helpOf<Table extends Options, Word>(command: Command<Table, Word>): string {
  const { name, about, options, operands, epilogue } = command;
  const usage = `${name} [options]${operands === undefined ? "" : ` [${operands.placeholder} …]`}`;
  const lines: [string, string][] = Object.entries(options).map(([option, { placeholder, ...rest }]) => [
    `--${option}${placeholder === undefined ? "" : ` ${placeholder}`}`,
    rest.about + standardText(rest.standard),
  ]);
  const operand_lines: [string, string][] =
    operands === undefined ? [] : [[operands.placeholder, operands.about]];
  const parts = [
    usage,
    ...about.split("\n\n").map((paragraph) => wrapped(paragraph, "").join("\n")),
    columns([...operand_lines, ...lines, ...OWN]),
    ...(epilogue === undefined ? [] : [epilogue]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function standardText(standard: unknown): string {
  if (typeof standard === "number" || (typeof standard === "string" && standard !== ""))
    return ` (default ${standard})`;
  return "";
}

/** Two columns, the second wrapped. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length)) + 4;
  return rows
    .flatMap(([first, second]) => {
      const [head = "", ...rest] = wrapped(second, " ".repeat(width));
      return [`  ${first}`.padEnd(width) + head.trimStart(), ...rest];
    })
    .join("\n");
}

/** The words in lines of at most WIDTH characters, each after the indent. */
function wrapped(words: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const is_first = line === indent;
    if (!is_first && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line += is_first ? word : ` ${word}`;
  }
  return [...lines, line];
}
