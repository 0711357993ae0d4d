/** Installs a host's dependencies and runs its script, which prints its results as JSON lines. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { projectWith } from "../npm.ts";
import type { Report } from "../proof.ts";
import type { Host, Line, NodeHost, Result, Times } from "./host.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const TSX = join(ROOT, "node_modules/tsx/dist/loader.mjs");

export interface Place {
  /** the project of a Node host, or the folder of the Python in which the hosts are installed */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The Python environment of a host: its script, with our package and the stand-ins of proof/engines on the path. */
export function pythonPlace(python: string, { script }: Host): Place {
  const path = ["clients/python", "proof/engines/python"].map((folder) => join(ROOT, folder)).join(":");
  const environment = {
    PYTHONPATH: path,
    PYTHONDONTWRITEBYTECODE: "1",
    HF_HUB_OFFLINE: "1",
    HOSTS_ROOT: ROOT,
  };
  return { program: python, args: [join(HERE, "python", `${script}_host.py`)], cwd: HERE, environment };
}

/** A separate project that has installed the host and the packed logit-sampler, as any project would. */
export async function nodePlace(folder: string, tarball: string, host: NodeHost): Promise<Place> {
  await projectWith(folder, [...host.packages, tarball], host.is_plain === true ? ["--omit=optional"] : []);
  await cp(join(HERE, "node"), join(folder, "src"), { recursive: true });
  const args = ["--import", TSX, `src/${host.script}.ts`];
  return { program: process.execPath, args, cwd: folder, environment: {} };
}

/** Compiles the host's script strictly against the host's own types. Returns the compiler's messages. */
export async function complaintsOfTypes({ cwd }: Place, { script }: Host): Promise<string> {
  const compilerOptions = {
    ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ target: "ES2023", module: "nodenext", skipLibCheck: true, types: ["node"] },
    allowImportingTsExtensions: true,
  };
  await writeFile(
    join(cwd, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: [`src/${script}.ts`] }),
  );
  try {
    await execute(process.execPath, [TSC, "-p", "."], { cwd });
    return "";
  } catch (error) {
    return String((error as { stdout?: string }).stdout).slice(0, 800); // of execFile
  }
}

/** Runs a host's script and reports its claims. Undefined when it did not finish. */
export async function runHost(
  host: Host,
  place: Place,
  given: Readonly<Record<string, string>>,
  report: Report,
): Promise<Result | undefined> {
  const environment = { ...process.env, ...place.environment, ...given };
  const child = spawn(place.program, place.args, {
    cwd: place.cwd,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors = `${errors}${text}`.slice(-4000);
  });
  let version: string | undefined;
  let note: string | undefined;
  const claims: string[] = [];
  const ms: Times[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line; // as its checks tell it
    if ("version" in line) {
      ({ version, note } = line);
      report.note(`${version}${note === undefined ? "" : `: ${note}`}`);
    } else if ("claim" in line) {
      report.claim(line.claim, line.held, line.got);
      claims.push(line.claim);
    } else {
      ms.push(line.ms);
      const { own, ours, local } = line.ms;
      const in_process = local === undefined ? "" : `, ${local} in the process`;
      report.figure(timesText(line.ms), `${own} with its own sampler, ${ours} with the service${in_process}`);
    }
  }
  const [code] = await ended;
  const whole = code === 0 && claims.length > 0 ? version : undefined;
  report.claim(
    `${basename(host.script)} runs to its end`,
    whole !== undefined,
    whole === undefined ? errors.slice(-1500) : "",
  );
  if (whole === undefined) return undefined;
  return { name: host.name, version: whole, ...(note !== undefined && { note }), claims, ms };
}

function timesText({ vocab_size, what }: Times): string {
  return `ms a token of ${vocab_size}${what === undefined ? "" : `, ${what}`}`;
}
