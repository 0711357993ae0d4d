/**
 * Builds and starts the service as a process of its own, for the demo, the end-to-end tests and the load
 * tests. It listens on a free port of 127.0.0.1 that the system picks, and is ended by its own handle.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const START_MS_MAX = 30_000;

export interface RunningService {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly pid: number;
  /** Sends SIGTERM and answers the exit code once the process has ended; null when a signal ended it. */
  stop(): Promise<number | null>;
}

/** Compiles src to dist, as `npm run build` does. */
export async function buildService(): Promise<void> {
  const compiler = fileURLToPath(import.meta.resolve("typescript/package.json")).replace(
    "package.json",
    "bin/tsc",
  );
  await promisify(execFile)(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: ROOT });
}

/** Starts dist/main.js and waits until it listens. One worker unless `environment` says otherwise. */
export async function startService(
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningService> {
  const child = spawn(process.execPath, ["dist/main.js"], {
    cwd: ROOT,
    env: { ...process.env, HOST: "127.0.0.1", PORT: "0", WORKERS: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const complaints: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  try {
    const url = await listeningUrl(child, ended, complaints);
    return { url, pid: child.pid ?? 0, stop: () => stop(child, ended) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null) child.kill("SIGTERM");
  return ended;
}

/** The address in the log line that says where the service listens. Later lines are read and dropped. */
function listeningUrl(
  child: ChildProcess,
  ended: Promise<number | null>,
  complaints: readonly string[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`the service ${what}\n${complaints.join("")}`));
    const timer = setTimeout(() => fail(`did not listen within ${START_MS_MAX} ms`), START_MS_MAX);
    void ended
      .then((code) => fail(`ended with ${code} before it listened`))
      .finally(() => clearTimeout(timer));
    if (child.stdout === null) return fail("has no output to read");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = /listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
      if (match?.[1] === undefined) return;
      clearTimeout(timer);
      resolve(match[1]);
    });
  });
}
