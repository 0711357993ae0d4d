/** The memory of a process does not grow with the rows that it reads: measures its peak over more and more rows. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Memory } from "../../evidence/scale-results.ts";
import type { Report } from "../proof.ts";
import { CLI } from "./program.ts";

const CLASSES = 1000;
const MIB_MAX = 300;
/** Rows that are sent repeatedly. */
const BLOCK_ROWS = 2048;

export async function proveMemory(counts: readonly number[], report: Report): Promise<readonly Memory[]> {
  const found: Memory[] = [];
  for (const rows of counts) {
    const began_ms = performance.now();
    const mib = await heldBy(rows);
    found.push({ rows, mib });
    const took_s = (performance.now() - began_ms) / 1000;
    const words = `${mib.toFixed(0)} MiB, ${took_s.toFixed(0)} s`;
    report.claim(
      `${rows.toLocaleString("en")} rows of ${CLASSES} classes take less than ${MIB_MAX} MiB`,
      mib < MIB_MAX,
      words,
    );
  }
  const [first, last] = [found[0]!, found.at(-1)!];
  const per_million = ((last.mib - first.mib) / (last.rows - first.rows)) * 1e6;
  report.claim(
    "ten times the rows take no more memory",
    last.mib < first.mib + 30,
    `${per_million.toFixed(2)} MiB more for a million rows`,
  );
  return found;
}

/** Sends rows as npy records to `score` through a pipe, and returns the largest memory of the process in MiB. */
async function heldBy(rows: number): Promise<number> {
  const child = spawn(process.execPath, [CLI, "score", "--in", "-", "--quiet"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let out = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  const block = recordsOf(BLOCK_ROWS);
  child.stdin.write(headerOf(rows));
  let peak = 0;
  for (let sent = 0; sent < rows; sent += BLOCK_ROWS) {
    const bytes = block.subarray(0, Math.min(BLOCK_ROWS, rows - sent) * (block.length / BLOCK_ROWS));
    if (!child.stdin.write(bytes)) await once(child.stdin, "drain");
    if (sent % (BLOCK_ROWS * 8) === 0) peak = Math.max(peak, highWater(child.pid));
  }
  peak = Math.max(peak, highWater(child.pid));
  child.stdin.end();
  const [code] = await ended;
  const { rows: read } = JSON.parse(out) as { readonly rows: number };
  if (code !== 0 || read !== rows) throw new Error(`score ended with ${code} after ${read} rows of ${rows}`);
  return peak;
}

function headerOf(rows: number): Buffer {
  const text = `{'descr': [('target', '<i4'), ('logits', '<f4', (${CLASSES},))], 'fortran_order': False, 'shape': (${rows},), }`;
  const header = `${text.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    Buffer.of(header.length, 0),
    Buffer.from(header),
  ]);
}

function recordsOf(rows: number): Buffer {
  const words = new Int32Array(rows * (CLASSES + 1));
  const floats = new Float32Array(words.buffer);
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    floats[i] = (state >>> 8) / 2 ** 21 - 4;
  }
  for (let r = 0; r < rows; r++) words[r * (CLASSES + 1)] = (r * 7919) % CLASSES;
  return Buffer.from(words.buffer);
}

/** The largest memory of a process so far, in MiB; 0 when the system does not report it. */
function highWater(pid: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s*(\d+) kB/.exec(text)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
