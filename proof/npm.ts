/** Projects below build/ that install packages of npm, and this one as npm would publish it. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Packed {
  readonly path: string;
  readonly bytes: number;
}

/** The package as npm would publish it, with the present dist. */
export async function pack(folder: string): Promise<Packed> {
  await mkdir(folder, { recursive: true });
  const flags = ["--ignore-scripts", "--json", "--pack-destination", folder];
  const { stdout } = await execute("npm", ["pack", ...flags], { cwd: ROOT, maxBuffer: 2 ** 26 });
  const [{ filename = "", size = 0 } = {}] = JSON.parse(stdout) as { filename?: string; size?: number }[]; // npm's own
  return { path: join(folder, filename), bytes: size };
}

/**
 * Makes a project with these packages, unless it exists with the same ones. Returns the warnings of npm, or undefined
 * when nothing had to be installed. No package runs a script.
 */
export async function projectWith(
  folder: string,
  packages: readonly string[],
  flags: readonly string[] = [],
): Promise<string | undefined> {
  const mark = join(folder, "packages.json");
  // A tarball is identified by its contents.
  const wanted = JSON.stringify(
    packages.map((each) => (existsSync(each) ? readFileSync(each, "base64") : each)),
  );
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return undefined;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const usual = ["--no-audit", "--no-fund", "--no-save", "--no-package-lock", "--ignore-scripts"];
  const { stderr } = await execute("npm", ["install", ...usual, ...flags, ...packages], { cwd: folder });
  await writeFile(mark, wanted);
  return stderr;
}
