/** A disk that fills up at any byte, and runs that are killed: the files afterwards are complete and cover all rows. */
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Report } from "../proof.ts";
import { CLI, ours } from "../scale/program.ts";

/** A tmpfs gives memory by pages. */
const PAGE_BYTES = 4096;
const PAGES = 48;

function call(words: readonly string[], out: "pipe" | string = "pipe"): SpawnSyncReturns<string> {
  const command =
    out === "pipe"
      ? [CLI, ...words]
      : ["-c", 'to="$1"; shift; exec "$@" > "$to"', "sh", out, process.execPath, CLI, ...words];
  return spawnSync(out === "pipe" ? process.execPath : "sh", command, { encoding: "utf8" });
}

/**
 * Fills a tmpfs so that each possible number of bytes is left, page by page and within the last page, and writes
 * documents there: with --out, with --rows, as a checkpoint, and through a shell's redirection.
 */
export async function proveFullDisks(folder: string, shard: string, report: Report): Promise<void> {
  const disk = join(folder, "disk");
  mkdirSync(disk, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${PAGE_BYTES * PAGES}`, "tmpfs", disk]);
  if (mounted.status !== 0) {
    report.note("no tmpfs can be mounted here (mount -t tmpfs needs root): full disks are not tried");
    return;
  }
  try {
    const whole = await documents(folder, shard);
    const wrong: string[] = [];
    let tried = 0;
    let failed = 0;
    for (let pages = 0; pages < PAGES; pages += 1) {
      for (const { name, words, to, size } of whole) {
        // Only the sizes at which the document may or may not fit.
        const room = pages * PAGE_BYTES;
        if (room > 3 * size + 8 * PAGE_BYTES) continue;
        clear(disk);
        writeFileSync(join(disk, "before"), Buffer.alloc(PAGE_BYTES * (PAGES - pages - 1), 1));
        const out = join(disk, "out");
        const { status, stderr } = call(
          [...words, ...(to === undefined ? [] : [to, out])],
          to === undefined ? out : "pipe",
        );
        tried += 1;
        if (status !== 0) failed += 1;
        const mistake = mistakeIn(disk, status, stderr, readFileSync(join(folder, name), "utf8"), to);
        if (mistake !== undefined) wrong.push(`${name} with ${pages} pages: ${mistake}`);
      }
    }
    for (const mistake of wrong.slice(0, 20)) report.note(mistake);
    report.claim(
      "a disk that fills up ends the run with exit code 1, and no document is cut",
      wrong.length === 0,
      `${tried} runs, ${failed} of which failed`,
    );
  } finally {
    spawnSync("umount", [disk]);
  }
}

interface Document {
  readonly name: string;
  readonly words: readonly string[];
  /** the option that names the output file; undefined: standard output */
  readonly to: "--out" | "--rows" | undefined;
  readonly size: number;
}

/** Each document once, with enough room. */
async function documents(folder: string, shard: string): Promise<readonly Document[]> {
  const kinds = [
    { name: "whole-sums", words: ["diagnose", "--in", shard, "--quiet"], to: "--out" },
    { name: "whole-lines", words: ["score", "--in", shard, "--quiet"], to: "--rows" },
    { name: "whole-report", words: ["diagnose", "--in", shard, "--quiet"], to: undefined },
    {
      name: "whole-tokens",
      words: ["sample", "--in", shard, "--quiet", "--options", '{"seed": 7}'],
      to: undefined,
    },
  ] as const;
  const made: Document[] = [];
  for (const { name, words, to } of kinds) {
    const path = join(folder, name);
    const out = await ours(...words, ...(to === undefined ? [] : [to, path]));
    if (to === undefined) writeFileSync(path, out);
    made.push({ name, words, to, size: readFileSync(path).length });
  }
  return made;
}

function mistakeIn(
  disk: string,
  status: number | null,
  stderr: string,
  whole: string,
  to: Document["to"],
): string | undefined {
  const left = readdirSync(disk).filter((name) => name !== "before" && name !== "out");
  if (left.some((name) => name.endsWith(".tmp"))) return `leaves ${left.join(", ")}`;
  if (/\n\s+at /.test(stderr)) return `a stack trace: ${stderr.slice(0, 300)}`;
  const out = join(disk, "out");
  const text = existsSync(out) ? readFileSync(out, "utf8") : undefined;
  if (status === 0) return text === whole ? undefined : "ends with 0, and its document is another";
  if (status !== 1) return `ends with ${status}: ${stderr.slice(0, 300)}`;
  // Lines, and a shell's redirected output, are kept up to where they were written; a document of sums is then absent.
  if (to === "--out") return text === undefined ? undefined : "fails, and leaves a document";
  return text === undefined || whole.startsWith(text) ? undefined : "fails, and what it wrote is another";
}

function clear(disk: string): void {
  for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true, force: true });
}

/** Kills a run at many places, and starts it again each time until it is done. */
export async function proveKills(
  folder: string,
  shard: string,
  kills: number,
  report: Report,
): Promise<void> {
  const at = join(folder, "killed");
  mkdirSync(at, { recursive: true });
  const words = (name: string) => [
    "score",
    "--in",
    shard,
    "--out",
    join(at, `${name}.json`),
    "--rows",
    join(at, `${name}.ndjson`),
    "--quiet",
    "--checkpoint-s",
    "0.01",
  ];
  const began_ms = performance.now();
  await ours(...words("one"));
  const run_ms = performance.now() - began_ms;
  const same = (ending: string) =>
    readFileSync(join(at, `cut${ending}`)).equals(readFileSync(join(at, `one${ending}`)));
  let [killed, ends, wrong] = [0, 0, 0];
  while (killed < kills) {
    const child = spawn(process.execPath, [CLI, ...words("cut")], { stdio: "ignore" });
    const ended = once(child, "exit");
    // The moments are spread over a run, from its start to after its end.
    await Promise.race([ended, wait(((killed * 0.618) % 1) * run_ms * 1.1)]);
    child.kill("SIGKILL");
    const [code] = (await ended) as [number | null];
    if (code === null) killed += 1;
    else if (code !== 0) wrong += 1;
    if (code !== 0 && !existsSync(join(at, "cut.json"))) continue;
    ends += 1;
    if (!same(".json") || !same(".ndjson")) wrong += 1;
    for (const name of readdirSync(at)) if (name.startsWith("cut")) rmSync(join(at, name));
  }
  const { status } = call(words("cut"));
  const left = readdirSync(at).filter((name) => name.endsWith(".tmp") || name.endsWith(".checkpoint"));
  report.claim(
    `runs that were killed ${killed} times end with the bytes of an undisturbed run`,
    wrong === 0 && status === 0 && same(".json") && same(".ndjson"),
    `${ends + 1} ends, ${wrong} wrong`,
  );
  report.claim("no .tmp and no checkpoint is left behind", left.length === 0, left.join(", "));
}
