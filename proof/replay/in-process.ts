/**
 * The same steps without a service: the library in this process and in a browser, and the Python package's Sampler in
 * Python's process, if an environment has its engine (PROOF_LOCAL_PYTHON, or the environment that proof:local made).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inBrowser } from "./browser.ts";
import { LIBRARY_FORMS, type LibraryForm } from "./library-forms.ts";
import type { ReplayStep } from "./steps.ts";
import type { Replay } from "./ways.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const FORMS = Object.keys(LIBRARY_FORMS) as LibraryForm[]; // its own keys

/** The library in this process, in one form. */
function inNode(form: LibraryForm): Replay {
  return (_url, steps) => Promise.resolve(LIBRARY_FORMS[form](steps));
}

/** The forms in which the Python package gets its rows: `local.py` has one function for each. */
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

/** A Python that has the package's engine; undefined when there is none. */
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
    // Python writes numbers in its own notation with the same values, so the replies are parsed and written again.
    return output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.stringify(JSON.parse(line)));
  };
}

/** The ways that need no service, by name; those of Python only if its engine is installed. */
export function inProcess(): Readonly<Record<string, Replay>> {
  const python = localPython();
  const of_python =
    python === undefined
      ? []
      : PYTHON_FORMS.map((form) => [`Sampler of Python, ${form}`, inPython(python, form)]);
  const of_node = FORMS.map((form) => [`the library, ${form}`, inNode(form)]);
  return { ...Object.fromEntries([...of_node, ...of_python]), ...inBrowser(FORMS) };
}
