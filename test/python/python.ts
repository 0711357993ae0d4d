/**
 * Runs Python tests against the live service. Without Python they are skipped, except in CI, which must provide it (and
 * numpy, which the adapters need).
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** TEST_PYTHON names another Python than the system's. */
const NAMES = [process.env["TEST_PYTHON"] ?? "/usr/bin/python3", "python3"];
/** The Python of the tests; undefined when there is none. */
export const PYTHON = NAMES.find((name) => spawnSync(name, ["--version"]).status === 0);
const IN_CI = process.env["CI"] === "true";

/**
 * The reason why tests that need these modules cannot run here; undefined when they can, and in CI, where they must.
 */
export function whyNoPython(...modules: readonly string[]): string | undefined {
  if (IN_CI) return undefined;
  if (PYTHON === undefined) return "there is no python3 here";
  const missing = modules.filter((name) => spawnSync(PYTHON, ["-c", `import ${name}`]).status !== 0);
  return missing.length === 0 ? undefined : `python3 has no ${missing.join(", ")} here`;
}

/** Runs one file of unittest tests; throws its output when one of them fails. */
export async function runPython(
  file: string,
  url: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = [`${ROOT}clients/python`, `${ROOT}test/adapters`].join(":");
  const child = spawn(PYTHON ?? "python3", [`${ROOT}${file}`], {
    env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1", LOGIT_SAMPLER_URL: url, ...more },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${file} failed:\n${output}`);
  return output;
}
