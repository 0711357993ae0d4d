/** Runs the built command and other programs, and returns their output. */
import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** The words that start the command, for programs that start it themselves. */
export const PROGRAM = [process.execPath, CLI];

/** One thread for numpy and the libraries below it; a child process finds the command in LOGIT_SAMPLER. */
const ENVIRONMENT = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", LOGIT_SAMPLER: PROGRAM.join(" ") };

/** The standard output of a program. Throws its error output when it fails. */
export async function outputOf(command: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, ...ENVIRONMENT };
  const options: SpawnOptions = { env, stdio: ["ignore", "pipe", "pipe"] };
  const child = spawn(command, words, options);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => (out += String(chunk)));
  child.stderr?.on("data", (chunk) => (err = (err + String(chunk)).slice(-4000)));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${code}\n${err}`);
  return out;
}

export function ours(...words: string[]): Promise<string> {
  return outputOf(process.execPath, [CLI, ...words]);
}

export async function jsonOf<Value>(command: string, words: readonly string[]): Promise<Value> {
  const out = await outputOf(command, words);
  return JSON.parse(out.trim().split("\n").at(-1) ?? "") as Value; // the caller knows the program
}
