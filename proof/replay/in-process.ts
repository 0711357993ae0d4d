/**
 * The same steps without a service: the library in this process, and the Python package's Sampler in Python's own, where an
 * environment has its engine (PROOF_LOCAL_PYTHON, or what proof:local has made).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSampler, type SampleOptions } from "../../src/index.ts";
import type { ReplayStep } from "./steps.ts";
import type { Replay } from "./ways.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const library: Replay = (_url, steps) => {
  const sampler = createSampler();
  const replies = steps.map(({ row, options }) =>
    // Options of a request, as JSON has them.
    JSON.stringify(sampler.sample(Float32Array.from(row), options as SampleOptions)),
  );
  return Promise.resolve(replies);
};

/** In which forms the Python package is given the rows: `local.py` has one function each. */
const PYTHON_FORMS = [
  "f32",
  "f16",
  "bf16",
  "lists",
  "batches",
  "streams",
  "streams of f16",
  "options of each step",
];

/** The Python that has the package's engine; undefined when there is none. */
export function localPython(): string | undefined {
  const made = `${ROOT}build/proof-local/python-0/bin/python`;
  return process.env["PROOF_LOCAL_PYTHON"] ?? (existsSync(made) ? made : undefined);
}

function inPython(python: string, form: string): Replay {
  return async (_url, steps) => {
    const child = spawn(python, [`${ROOT}proof/replay/local.py`, form], {
      env: { ...process.env, PYTHONPATH: `${ROOT}clients/python`, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (text) => {
      output += String(text);
    });
    child.stdin.end(JSON.stringify(steps satisfies readonly ReplayStep[]));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`local.py ended with ${code}`);
    // Python writes numbers in its own spelling, which gives the same numbers: they are spelt anew.
    return output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.stringify(JSON.parse(line)));
  };
}

/** Ways that need no service, by name; those of Python where it has the engine. */
export function inProcess(): Readonly<Record<string, Replay>> {
  const python = localPython();
  const of_python =
    python === undefined
      ? []
      : PYTHON_FORMS.map((form) => [`Sampler of Python, ${form}`, inPython(python, form)]);
  return { "the library": library, ...Object.fromEntries(of_python) };
}
