/**
 * Builds and starts the service as a process of its own, for the demo, the end-to-end tests and the load
 * tests. It listens on a free port of 127.0.0.1 that the system picks, and is ended by its own handle.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isBuilt } from "./built.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** A service that cannot start ends by itself; this limit is for a busy machine. */
const START_MS_MAX = 120_000;

export interface RunningService {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  /** the processes that serve requests; the primary that was started only watches over them */
  readonly worker_pids: readonly number[];
  /** Sends SIGTERM and answers the exit code once the process has ended; null when a signal ended it. */
  stop(): Promise<number | null>;
}

/** Builds dist with `npm run build`, unless it is up to date. Throws the compiler's messages. */
export async function buildService(): Promise<void> {
  if (isBuilt(ROOT)) return;
  try {
    await promisify(execFile)("npm", ["run", "build"], { cwd: ROOT, shell: process.platform === "win32" });
  } catch (error) {
    // execFile rejects with the texts that the command printed; the compiler prints its errors to the first.
    const { stdout } = error as { stdout?: string };
    throw new Error(`the build failed\n${stdout ?? error}`);
  }
}

/**
 * Starts dist/main.js and waits until it listens. One worker unless `environment` says otherwise; `node` runs it, and
 * `within` is a command that runs that, such as `["prlimit", "--nofile=256"]`.
 */
export async function startService(
  environment: Readonly<Record<string, string>> = {},
  node = process.execPath,
  within: readonly string[] = [],
): Promise<RunningService> {
  const [command = node, ...args] = [...within, node, "dist/main.js"];
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, HOST: "127.0.0.1", PORT: "0", WORKERS: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const complaints: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  try {
    const listening = await untilListening(child, ended, complaints);
    return { ...listening, stop: () => stop(child, ended) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null) child.kill("SIGTERM");
  return ended;
}

/** Reads the log until all workers listen. Later lines are read and dropped, so that the pipe never fills. */
function untilListening(
  child: ChildProcess,
  ended: Promise<number | null>,
  complaints: readonly string[],
): Promise<Pick<RunningService, "url" | "worker_pids">> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`the service ${what}\n${complaints.join("")}`));
    const timer = setTimeout(() => fail(`did not listen within ${START_MS_MAX} ms`), START_MS_MAX);
    void ended
      .then((code) => fail(`ended with ${code} before it listened`))
      .finally(() => clearTimeout(timer));
    if (child.stdout === null) return fail("has no output to read");
    const worker_pids: number[] = [];
    let awaited = { url: "", workers: Number.POSITIVE_INFINITY };
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { pid, workers, url } = listeningLine(line);
      if (url === undefined) return;
      if (workers === undefined) worker_pids.push(pid);
      else awaited = { url, workers };
      if (worker_pids.length < awaited.workers) return;
      clearTimeout(timer);
      resolve({ url: awaited.url, worker_pids });
    });
  });
}

/**
 * The workers and the primary each log that they listen, the primary with their number; lines of several processes may
 * come in any order.
 */
function listeningLine(line: string): { pid: number; workers?: number; url?: string } {
  // Under load there may be thousands of other lines a second, and reading them should cost nothing.
  if (!line.includes("listening at")) return { pid: 0 };
  // The service logs JSON, one object a line.
  const { pid, workers, msg } = JSON.parse(line) as { pid: number; workers?: number; msg: string };
  const url = /listening at (http:\S+)/.exec(msg)?.[1];
  return { pid, ...(workers !== undefined && { workers }), ...(url !== undefined && { url }) };
}
