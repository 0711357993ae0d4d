/** Virtual environments of Python below build/, for the proofs that need packages of PyPI. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface Packages {
  /** with what they need */
  readonly whole: readonly string[];
  /** without: engines whose dependencies are GPU libraries of several GB */
  readonly alone?: readonly string[];
}

/**
 * The Python of an environment with these packages. The environment is created when it does not exist, and anew when
 * the packages change.
 */
export async function pythonWith(folder: string, { whole, alone = [] }: Packages): Promise<string> {
  const python = join(folder, "bin/python");
  const mark = join(folder, "packages.json");
  const wanted = JSON.stringify({ whole, alone });
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, ".."), { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  // Most modules are never imported: compiling them all takes as long as installing them.
  const install = ["-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check"];
  await run(python, [...install, ...whole]);
  if (alone.length > 0) await run(python, [...install, "--no-deps", ...alone]);
  await writeFile(mark, wanted);
  return python;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  try {
    await execute(program, args, { maxBuffer: 2 ** 26 });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string }; // of execFile
    throw new Error(`${program} ${args.join(" ")}\n${stderr.slice(-2000)}`);
  }
}
