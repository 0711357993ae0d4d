/**
 * `npm run proof:local`: the sampler in Python's own process. pip installs clients/python with its engine into a new
 * environment below build/, which needs PyPI, and there test/python/local_test.py holds it beside the service: the same replies
 * and refusals, threads, forks, signals, memory. With `--long` for every Python that is found.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blockOf } from "../../evidence/markdown-blocks.ts";
import { BUILD, BUILT } from "../../evidence/options.ts";
import { createProgress } from "../../evidence/progress.ts";
import { buildService, startService } from "../../evidence/service.ts";
import { commandLine, flag, run, text } from "../../src/command-line.ts";
import { conclude, createReport } from "../report.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "build/proof-local");
const WHEEL_BYTES_MAX = 3_000_000;
/** The dependencies of the tests and the examples besides the engine. */
const TOOLS = ["numpy"];

const { values } = commandLine({
  name: "npm run proof:local --",
  about:
    "Shows that Sampler() of the Python package installs with one command and answers as the service does, in this process. Installs from PyPI below build/. Ends with 1 when something does not hold.",
  options: {
    built: BUILT,
    long: flag("every Python of --pythons, and the slower engine as well"),
    pythons: text("PATHS", "interpreters, separated by commas", "python3"),
  },
});

const pythons = (values.pythons ?? "python3").split(",");
const progress = createProgress([BUILD, { name: "install and compare", seconds: 60 * pythons.length }]);
const report = createReport({ hold_times: false }, (line) => progress.say(line));

/** A new environment with the package and its engine. pip builds in the source folder, so it gets a copy. */
async function environment(
  python: string,
  index: number,
): Promise<{ python: string; version: string; wheel_bytes: number }> {
  const folder = join(FOLDER, `python-${index}`);
  const source = join(FOLDER, `source-${index}`);
  await rm(folder, { recursive: true, force: true });
  await rm(source, { recursive: true, force: true });
  await execute(python, ["-m", "venv", folder]);
  await cp(join(ROOT, "clients/python"), source, { recursive: true });
  const own = join(folder, "bin/python");
  const pip = ["-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check"];
  await execute(own, [...pip, `${source}[local]`], { maxBuffer: 2 ** 26 });
  await execute(own, [...pip, ...TOOLS], { maxBuffer: 2 ** 26 });
  const { stdout } = await execute(own, ["-c", "import platform; print(platform.python_version())"]);
  const wheels = join(source, "wheels");
  await execute(own, [
    "-m",
    "pip",
    "wheel",
    "-q",
    "--no-deps",
    "--disable-pip-version-check",
    "-w",
    wheels,
    source,
  ]);
  const { stdout: size } = await execute("sh", ["-c", 'cat "$1"/*.whl | wc -c', "sh", wheels]);
  return { python: own, version: stdout.trim(), wheel_bytes: Number(size) };
}

async function compared(python: string, url: string, engine: string): Promise<string> {
  const test = join(ROOT, "test/python/local_test.py");
  const env = {
    ...process.env,
    LOGIT_SAMPLER_URL: url,
    LOGIT_SAMPLER_ENGINE: engine,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  try {
    const { stderr } = await execute(python, [test], { cwd: FOLDER, env, maxBuffer: 2 ** 26 });
    return /\nOK/.test(stderr) ? "" : stderr.slice(-2000);
  } catch (error) {
    const { stderr = String(error) } = error as { stderr?: string }; // of execFile
    return stderr.slice(-4000);
  }
}

/** The example that needs no more than numpy, run as it stands. */
async function example(python: string): Promise<string> {
  try {
    const { stdout } = await execute(python, [join(ROOT, "examples/in-process/numpy_loop.py")], {
      cwd: FOLDER,
    });
    return JSON.parse(stdout).length === 23 ? "" : stdout;
  } catch (error) {
    return String(error);
  }
}

/** The README's first program, with a row in row.npy. */
async function readme(python: string): Promise<string> {
  try {
    const make = 'import numpy; numpy.save("row.npy", numpy.float32([1.0, 2.5, -0.3, 2.4]))';
    await execute(python, ["-c", make], { cwd: FOLDER });
    const program = blockOf("README.md", "python", "row.npy");
    const { stdout } = await execute(python, ["-c", program], { cwd: FOLDER });
    return stdout === "1\n" ? "" : stdout;
  } catch (error) {
    return String(error);
  }
}

async function main(): Promise<void> {
  progress.next();
  if (!values.built) await buildService();
  progress.next();
  await mkdir(FOLDER, { recursive: true });
  const service = await startService({
    LOGIT_SAMPLER_VOCAB_SIZE_MAX: "70000",
    WATERMARK_KEYS_FILE: join(ROOT, "test/python/watermark-keys.txt"),
  });
  try {
    for (const [index, python] of pythons.entries()) {
      const made = await environment(python, index);
      report.claim(
        `Python ${made.version}: pip installs clients/python[local], and the wheel has at most ${WHEEL_BYTES_MAX} bytes`,
        made.wheel_bytes <= WHEEL_BYTES_MAX,
        String(made.wheel_bytes),
      );
      const told = await example(made.python);
      report.claim(
        `Python ${made.version}: examples/in-process/numpy_loop.py writes its 20 tokens`,
        told === "",
        told,
      );
      const drew = await readme(made.python);
      report.claim(
        `Python ${made.version}: the README's first program draws the token of its row`,
        drew === "",
        drew,
      );
      for (const engine of values.long ? ["", "mini_racer"] : [""]) {
        const got = await compared(made.python, service.url, engine);
        const name = engine === "" ? "the quickest engine" : engine;
        report.claim(
          `Python ${made.version}, ${name}: Sampler answers as SamplerClient does`,
          got === "",
          got,
        );
      }
    }
  } finally {
    await service.stop();
  }
  progress.end();
  await conclude(report);
}

await run(main).finally(() => progress.end());
