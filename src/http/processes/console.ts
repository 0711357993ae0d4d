/**
 * The output in a terminal: a few lines with the service's addresses, then the log with a short line for each record.
 * Without a terminal, the log is JSON and this module is not used.
 */
import type { DestinationStream } from "pino";
import type { Config } from "../../config/config.ts";
import { VERSION } from "../../config/version.ts";

/** Messages that every worker and the cluster repeat; they are shown once. */
const TOLD_ALREADY = /^(?:starting$|Server listening at |listening at )/;
/** Fields that are shown first, or not at all. */
const PLAIN = new Set(["level", "time", "pid", "role", "msg", "err", "error"]);

const WARN = 40;
const LEVELS: Readonly<Record<number, string>> = { 40: "warning", 50: "error", 60: "fatal" };

interface LogRecord {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: readonly string[] };
  readonly [field: string]: unknown;
}

/** The destination of the log where standard output is a terminal; else undefined, and it is JSON. */
export function terminalLog(): DestinationStream | undefined {
  return process.stdout.isTTY ? readableLog((text) => void process.stdout.write(text)) : undefined;
}

/** Takes pino's records, one JSON text a call, and writes them as short lines. */
export function readableLog(write: (text: string) => void): DestinationStream {
  return {
    write(json) {
      const record = JSON.parse(json) as LogRecord; // pino's own
      if (record.level < WARN && TOLD_ALREADY.test(record.msg ?? "")) return;
      write(`${lineOf(record)}\n`);
    },
  };
}

/** `14:03:21 refused method=POST path=/v1/sample status=422`; the stack of a defect follows. */
function lineOf(record: LogRecord): string {
  const { level, time, msg = "", err } = record;
  const fields = Object.entries(record)
    .filter(([name, value]) => !PLAIN.has(name) && value !== "")
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const words = [new Date(time).toTimeString().slice(0, 8), LEVELS[level], msg, ...fields];
  const said = err?.message === undefined ? [] : [`${words.some(Boolean) ? "– " : ""}${err.message}`];
  const line = [...words, ...said].filter((word) => word !== undefined && word !== "").join(" ");
  return [line, ...(err?.stack ?? [])].join("\n");
}

/** The lines that are written once all workers listen. */
export function banner({ host, workers, spare_workers, key_digests }: Config, port: number): string {
  const url = `http://${reachable(host)}:${port}`;
  const stand_by = spare_workers === 0 ? "" : `, and ${spare_workers} standing by`;
  const rows = [
    ["playground", `${url}/`],
    ["API pages", `${url}/docs`],
    ["workers", `${workers}${stand_by}`],
    ...(key_digests.length === 0 ? [] : [["keys", `${key_digests.length}; /v1 and /v2 ask for one`]]),
    ...(isEvery(host) ? [["address", "every address of this machine"]] : []),
  ] as const;
  const lines = rows.map(([name, value]) => `  ${name?.padEnd(12)}${value}`);
  return ["", `logit-sampler ${VERSION}`, "", ...lines, "", "Ctrl+C stops it.", "", ""].join("\n");
}

/** A name that a browser on this machine can open. */
function reachable(host: string): string {
  if (isEvery(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function isEvery(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
