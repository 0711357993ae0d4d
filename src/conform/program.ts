/**
 * Asks the suite's questions to a program, which reads one question per line and writes one answer per line. docs/conformance.md
 * has the protocol.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { type Reply, shortened } from "./judge.ts";
import { questionOf, type Vector } from "./vectors.ts";

export interface ProgramLimits {
  /** time limit of the program, after which it is killed */
  readonly timeout_ms?: number;
  readonly line_length_max?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 600_000;
const LINE_LENGTH_MAX = 64 * 1024 * 1024;

/**
 * The program's answer to each case, by id. Throws an error when the program cannot be started, and for a line that is no
 * answer.
 */
export async function answersOfProgram(
  words: readonly string[],
  vectors: readonly Vector[],
  { timeout_ms = TIMEOUT_MS, line_length_max = LINE_LENGTH_MAX, signal }: ProgramLimits = {},
): Promise<ReadonlyMap<string, Reply>> {
  const [file, ...rest] = words;
  if (file === undefined) throw new Error("the command has no words");
  const child = spawn(file, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  ended.catch(() => undefined); // awaited below, perhaps later than it fails
  const kill = () => child.kill("SIGKILL");
  const timer = setTimeout(kill, timeout_ms);
  signal?.addEventListener("abort", kill);
  try {
    // The program may end before it has read all; unanswered cases are reported.
    const written = pipeline(Readable.from(questions(vectors)), child.stdin).catch(() => undefined);
    child.stdout.setEncoding("utf8");
    const answers = await answersIn(linesOf(child.stdout, line_length_max), vectors);
    await Promise.all([written, ended]);
    signal?.throwIfAborted();
    return answers;
  } catch (error) {
    const { syscall } = error as { readonly syscall?: string }; // system errors have one
    throw syscall?.startsWith("spawn") === true
      ? new Error(`${file} cannot be started: ${messageOf(error)}`)
      : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    kill();
  }
}

function* questions(vectors: readonly Vector[]): Generator<string> {
  for (const vector of vectors) yield `${JSON.stringify(questionOf(vector))}\n`;
}

async function answersIn(
  lines: AsyncIterable<string>,
  vectors: readonly Vector[],
): Promise<Map<string, Reply>> {
  const ids = new Set(vectors.map(({ id }) => id));
  const answers = new Map<string, Reply>();
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const answer = answerIn(line);
    const id = answer?.["id"];
    if (answer === undefined || typeof id !== "string" || !ids.has(id))
      throw new Error(
        `line ${number} of the program is no answer, which is a JSON object with the id of a question: ${shortened(line.trim())}`,
      );
    if (answers.has(id)) throw new Error(`the program answered ${id} twice`);
    answers.set(id, replyOf(answer));
  }
  return answers;
}

function answerIn(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    return isRecord(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function replyOf({ id: _, ...answer }: Readonly<Record<string, unknown>>): Reply {
  if (answer["not_supported"] === true) return { not_supported: true };
  const { error } = answer;
  if (error === undefined) return { answer };
  return { error: typeof error === "string" ? error : "the error is no sentence" };
}

async function* linesOf(stream: AsyncIterable<string>, length_max: number): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of stream) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > length_max)
      throw new Error(`a line of the program is longer than ${length_max} characters`);
  }
  if (rest !== "") yield rest;
}

/** The words of a command as a shell splits them: by spaces, with quotes and backslashes. Throws a sentence for a quote without an end. */
export function wordsOf(command: string): string[] {
  const words: string[] = [];
  const part = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/gy;
  let word: string | undefined;
  let read = 0;
  for (const [all, single, double, escaped, plain] of command.matchAll(part)) {
    read += all.length;
    const text = single ?? double?.replace(/\\(["\\])/g, "$1") ?? escaped ?? plain;
    if (text !== undefined) word = (word ?? "") + text;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (read < command.length) throw new Error(`a quote or backslash of the command has no end: ${command}`);
  return word === undefined ? words : [...words, word];
}
