/**
 * Files whose bytes were changed, cut, doubled or made up. Each is read in bounded time or refused with an error, and
 * never gives fewer rows than its header promises. Each group of files is read in its own process, whose memory is
 * measured.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../proof.ts";
import { ROOT } from "../scale/program.ts";
import type { WrittenFile } from "./writers.ts";

const FILE_MS_MAX = 2000;
const MIB_MAX = 700;
/** Read by one process, one after the other. */
const LOT = 250;

export async function proveBroken(
  folder: string,
  written: readonly WrittenFile[],
  { cases, seed }: { readonly cases: number; readonly seed: number },
  report: Report,
): Promise<void> {
  const sources = written.filter(({ expected, file }) => expected !== null && !file.includes("wide"));
  const made = join(folder, "broken");
  mkdirSync(made, { recursive: true });
  const random = generator(seed);
  const ends = { read: 0, refused: 0, defect: 0, slow: 0, large: 0 };
  for (let from = 0; from < cases; from += LOT) {
    const lot = Math.min(LOT, cases - from);
    const paths = Array.from({ length: lot }, (_, i) => {
      const { file } = sources[Math.floor(random() * sources.length)]!;
      const ending = /\.[a-z]+$/.exec(file)?.[0] ?? "";
      const path = join(made, `b${from + i}${ending}`);
      writeFileSync(path, broken(readFileSync(join(folder, file)), random));
      return path;
    });
    paths.push(...(from === 0 ? madeUp(made) : []));
    for (const { path, end, ms, mib, words } of await readAll(paths)) {
      ends[end] += 1;
      const is_slow = ms > FILE_MS_MAX;
      if (is_slow) ends.slow += 1;
      if (mib > MIB_MAX) ends.large += 1;
      if (end === "defect" || is_slow || mib > MIB_MAX)
        report.note(`${path}: ${end}, ${ms.toFixed(0)} ms, ${mib.toFixed(0)} MiB: ${words}`);
    }
  }
  const { read, refused, defect, slow, large } = ends;
  const told = `${refused} refused, ${read} read, of seed ${seed}`;
  report.claim(
    "broken files are read or refused with a message, and none ends the process",
    defect === 0,
    told,
  );
  report.claim(`no file takes more than ${FILE_MS_MAX} ms of CPU`, slow === 0, `${slow} did`);
  report.claim(
    `no process that reads ${LOT} of them holds more than ${MIB_MAX} MiB`,
    large === 0,
    `${large} did`,
  );
}

interface Reading {
  readonly path: string;
  readonly end: "read" | "refused" | "defect";
  readonly ms: number;
  readonly mib: number;
  readonly words: string;
}

async function readAll(paths: readonly string[]): Promise<readonly Reading[]> {
  const script = join(ROOT, "proof/files/read-broken.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  let out = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stdin.end(paths.join("\n"));
  // A file that hangs the process is the first one without a reported result.
  const timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
  await ended;
  clearTimeout(timer);
  const readings = out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Reading); // which our script printed
  const next = paths[readings.length];
  if (next === undefined) return readings;
  return [...readings, { path: next, end: "defect", ms: 0, mib: 0, words: "the process ended or hung" }];
}

/** One change, or a few. */
function broken(bytes: Buffer, random: () => number): Buffer {
  const place = () => Math.floor(random() * bytes.length);
  // Changes in headers and footers have the largest effect.
  const near = () =>
    random() < 0.5
      ? Math.floor(random() ** 3 * bytes.length)
      : bytes.length - 1 - Math.floor(random() ** 3 * bytes.length);
  const kind = random();
  if (kind < 0.2 || bytes.length === 0) return bytes.subarray(0, place());
  if (kind < 0.3) return Buffer.concat([bytes.subarray(0, place()), bytes.subarray(place())]);
  const changed = Buffer.from(bytes);
  if (kind < 0.4) return changed.fill(Math.floor(random() * 256), near(), near());
  for (let n = 0; n < 1 + Math.floor(random() * 8); n++) {
    const at = near();
    changed[at] = kind < 0.7 ? Math.floor(random() * 256) : changed[at]! ^ (1 << Math.floor(random() * 8));
  }
  return changed;
}

/** Headers that announce more data than the file has. */
function madeUp(folder: string): string[] {
  const long = Buffer.alloc(8);
  const headed = (text: string) => {
    long.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([long, Buffer.from(text)]);
  };
  const npy = (text: string) =>
    Buffer.concat([
      Buffer.from("\x93NUMPY\x02\x00", "latin1"),
      Buffer.from(Uint32Array.of(text.length).buffer),
      Buffer.from(text),
    ]);
  // A footer of Thrift: a list in a list in a list, each of 2²⁵ elements.
  const lists = Buffer.concat([
    Buffer.of(0x19),
    ...Array.from({ length: 20 }, () => Buffer.of(0xf9, 0x80, 0x80, 0x80, 0x10)),
  ]);
  const footed = (footer: Uint8Array) => {
    const end = Buffer.alloc(8);
    end.writeUInt32LE(footer.length);
    end.write("PAR1", 4);
    return Buffer.concat([Buffer.from("PAR1...."), footer, end]);
  };
  const files = {
    "brackets.npy": npy("'descr':[".repeat(110_000)),
    "few-brackets.npy": npy(`{${"'descr':[".repeat(14_000)}`),
    "row.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 16777000)}"),
    "rows.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9007199254740991, 1)}"),
    "brackets.safetensors": headed(`{"logits":${"[".repeat(2 ** 21)}`),
    "pairs.safetensors": headed(`{"logits":[${"[],".repeat(2 ** 20)}[]]}`),
    "lists.parquet": footed(lists),
    "structs.parquet": footed(Buffer.alloc(2 ** 20, 0x1c)),
    "line.ndjson": Buffer.concat([Buffer.from('{"logits": ['), Buffer.alloc(2 ** 23, "[")]),
  };
  return Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
}

function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
