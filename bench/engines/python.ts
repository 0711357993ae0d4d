/**
 * An engine in its own Python process: it reads JSON lines, runs rules over rows, and returns the time that it took.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Rules } from "../rivals/chains.ts";
import type { Kept } from "../rivals/rival.ts";

/** The module in this folder, and the packages that it needs. */
export interface Module {
  readonly name: string;
  readonly file: string;
  readonly packages: readonly string[];
}

export const MODULES: readonly Module[] = [
  { name: "llama.cpp", file: "llama_cpp_chain", packages: ["llama_cpp", "numpy"] },
  { name: "transformers", file: "transformers_chain", packages: ["torch", "transformers", "numpy"] },
  { name: "numpy", file: "numpy_chain", packages: ["numpy"] },
  { name: "python", file: "local_chain", packages: ["py_mini_racer", "numpy"] },
];

export const HOW_TO_INSTALL =
  "python3 -m venv build/venv && build/venv/bin/pip install numpy llama-cpp-python==0.3.36 torch transformers mini-racer";

export interface Engine {
  readonly name: string;
  readonly version: string;
  /** Sends rows of one length, as float32 in a file. */
  rows(path: string, count: number, vocab_size: number): Promise<void>;
  /** Returns the rules that the engine really runs; undefined when it supports none of them. */
  prepare(rules: Rules): Promise<Rules | undefined>;
  kept(row: number): Promise<Kept>;
  /** Runs one step over each of these rows; returns the microseconds of each. */
  steps(rows: readonly number[]): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** The first interpreter that has the module's dependencies; undefined when none has. */
export async function interpreterFor(
  { packages }: Module,
  interpreters: readonly string[],
): Promise<string | undefined> {
  const found = packages.map((name) => `importlib.util.find_spec("${name}") or sys.exit(1)`);
  const script = ["import importlib.util, sys", ...found].join("\n");
  for (const python of interpreters) {
    const has = await promisify(execFile)(python, ["-c", script]).then(
      () => true,
      () => false,
    );
    if (has) return python;
  }
  return undefined;
}

export async function startEngine(python: string, { file }: Module): Promise<Engine> {
  const host = fileURLToPath(new URL("./host.py", import.meta.url));
  const child = spawn(python, [host, file], {
    // One thread each, as ours has.
    env: { ...process.env, OMP_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const complaints: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout! });
  const next = () => answerOf(lines, ended, complaints);
  const ask = async (question: object) => {
    const answer = next();
    child.stdin?.write(`${JSON.stringify(question)}\n`);
    return answer;
  };
  // The answers of host.py, by call.
  const { name, version } = (await next()) as { name: string; version: string };
  return {
    name,
    version,
    async rows(path, count, vocab_size) {
      await ask({ call: "rows", path, count, vocab_size });
    },
    async prepare(rules) {
      const { rules: run } = (await ask({ call: "prepare", rules: plain(rules) })) as { rules: Rules | null };
      return run === null ? undefined : typed(run);
    },
    async kept(row) {
      return (await ask({ call: "kept", row })) as Kept;
    },
    async steps(rows) {
      return ((await ask({ call: "steps", rows })) as { us: readonly number[] }).us;
    },
    stop: () => stop(child, ended),
  };
}

async function answerOf(
  lines: Interface,
  ended: Promise<unknown>,
  complaints: readonly string[],
): Promise<unknown> {
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [unknown];
  if (typeof line !== "string")
    throw new Error(`an engine ended: ${complaints.join("").trim().split("\n").at(-1)}`);
  return JSON.parse(line);
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end();
  await ended;
}

/** Typed arrays as JSON lists. */
function plain({ edits, ...rules }: Rules): object {
  if (edits === undefined) return rules;
  const { bias_ids, biases, history, ...penalties } = edits;
  const lists = { bias_ids: [...bias_ids], biases: [...biases], history: [...history] };
  return { ...rules, edits: { ...lists, ...penalties } };
}

/** And back. */
function typed({ edits, ...rules }: Rules): Rules {
  if (edits === undefined) return rules;
  const { bias_ids, biases, history, ...penalties } = edits;
  const arrays = {
    bias_ids: Int32Array.from(bias_ids),
    biases: Float32Array.from(biases),
    history: Int32Array.from(history),
  };
  return { ...rules, edits: { ...arrays, ...penalties } };
}
