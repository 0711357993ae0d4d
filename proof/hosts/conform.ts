/** The conformance suite against real hosts: the results in docs/conformance.md. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Report } from "../proof.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PATH = fileURLToPath(new URL("conformance.json", import.meta.url));

/** Hosts by the runner that supports them. */
const OF_PYTHON = ["transformers", "llama.cpp", "vllm", "sglang", "mlx-lm", "onnxruntime-genai"] as const;
const OF_NODE = ["transformers.js"] as const;

/** The same command, with stand-ins for the imports of a host's modules. */
const WITH_STAND_INS = join(ROOT, "proof/engines/python/conform.py");

/** The JSON report of a runner. */
interface Told {
  readonly name: string;
  readonly sections: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly choices: readonly { readonly says: string; readonly where: string; readonly cases: number }[];
  readonly failures: readonly { readonly id: string; readonly detail: string | null }[];
}

/** Runs each host that is installed in one of these Pythons, and the hosts for Node. Stores the results on request. */
export async function proveConformance(
  folder: string,
  pythons: readonly string[],
  report: Report,
  writes: boolean,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const before = JSON.parse(await readFile(PATH, "utf8")) as Record<string, Told>; // as it was stored
  const told: Record<string, Told> = { ...before };
  for (const host of OF_PYTHON)
    for (const python of pythons) {
      const found =
        (await ran(python, ["-m", "logit_sampler.conform"], host, folder)) ??
        (await ran(python, [WITH_STAND_INS], host, folder));
      if (found === undefined) continue;
      told[host] = found;
      break;
    }
  for (const host of OF_NODE) {
    const found = await ran(process.execPath, ["dist/cli.js", "conform"], host, folder);
    if (found !== undefined) told[host] = found;
  }
  for (const [host, { name, failures }] of Object.entries(told)) {
    report.figure(`${host}: cases with an unexplained answer or an error`, `${failures.length}, ${name}`);
  }
  report.claim(
    "every host was run",
    [...OF_PYTHON, ...OF_NODE].every((host) => told[host] !== before[host]),
    "",
  );
  if (writes) await writeFile(PATH, `${JSON.stringify(told, undefined, 1)}\n`);
}

/** undefined: this Python does not have the host. */
async function ran(
  program: string,
  words: readonly string[],
  host: string,
  folder: string,
): Promise<Told | undefined> {
  const path = join(folder, "report.json");
  await rm(path, { force: true });
  const env = { ...process.env, PYTHONPATH: join(ROOT, "clients/python") };
  const all = [...words, "--host", host, "--json", path];
  // The command ends with 1 when a case has another answer, and with 2 when the host is not installed.
  const { code } = await execute(program, all, { cwd: ROOT, env, maxBuffer: 2 ** 26 }).then(
    () => ({ code: 0 }),
    (error: unknown) => error as { readonly code?: unknown }, // of execFile
  );
  if (code !== 0 && code !== 1) return undefined;
  const { name, sections, choices, failures } = JSON.parse(await readFile(path, "utf8")) as Told; // the runner's own
  return { name, sections, choices, failures: failures.map(({ id, detail }) => ({ id, detail })) };
}
