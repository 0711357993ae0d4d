/** Starts the FastAPI server of fastapi_numpy.py, if its packages are installed. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Peer {
  readonly url: string;
  readonly pid: number;
  /** `FastAPI 0.115.11, uvicorn 0.32.0, numpy 2.2.4, Python 3.13.5` */
  readonly versions: string;
  stop(): Promise<void>;
}

const VERSIONS = `
import fastapi, uvicorn, uvloop, httptools, numpy, platform
print(f"FastAPI {fastapi.__version__}, uvicorn {uvicorn.__version__}, uvloop {uvloop.__version__}, numpy {numpy.__version__}, Python {platform.python_version()}")
`;

const HOW_TO_INSTALL =
  "on Debian: apt-get install --no-install-recommends python3-fastapi python3-uvicorn python3-uvloop python3-httptools python3-numpy";

/** Tries the interpreters in turn. When none has all packages, throws the missing ones. */
export async function startPeer(interpreters: readonly string[]): Promise<Peer> {
  const complaints: string[] = [];
  for (const python of interpreters) {
    const versions = await versionsOf(python, complaints);
    if (versions !== undefined) return start(python, versions);
  }
  throw new Error(`the peer needs FastAPI, uvicorn and numpy; ${HOW_TO_INSTALL}\n${complaints.join("\n")}`);
}

async function versionsOf(python: string, complaints: string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(python, ["-c", VERSIONS])).stdout.trim();
  } catch (error) {
    complaints.push(`${python}: ${error instanceof Error ? error.message.trim().split("\n").at(-1) : error}`);
    return undefined;
  }
}

async function start(python: string, versions: string): Promise<Peer> {
  const script = fileURLToPath(new URL("./fastapi_numpy.py", import.meta.url));
  const child = spawn(python, [script], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  return {
    url: `http://127.0.0.1:${await firstLine(child, ended)}`,
    pid: child.pid ?? 0,
    versions,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  if (child.stdout === null) throw new Error("the peer has no output to read");
  const line = once(createInterface({ input: child.stdout }), "line");
  const [text] = (await Promise.race([line, ended])) as [unknown];
  if (typeof text !== "string") throw new Error("the peer ended before it listened");
  return text;
}
