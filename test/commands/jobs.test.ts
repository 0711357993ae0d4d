/** Several processes over many shards give the report of one process. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { jobsOf, lotsOf, runJobs, wordsOf } from "../../src/commands/rows/jobs.ts";
import type { PassOptions } from "../../src/commands/rows/pass.ts";
import { ROW_OPTIONS, SCALING_OPTIONS } from "../../src/commands/rows/words.ts";
import { npy, shardFolder } from "../shards/files.ts";
import { CLASSES, logits, ROWS, run, targets } from "./running.ts";

const { folder, file } = shardFolder();
const cuts = [0, 10, 150, 260, ROWS];
const shards = cuts.slice(1).map((to, i) => {
  const from = cuts[i]!;
  file(".targets.npy", npy("<i4", [to - from], targets.slice(from, to)), `part-${i}`);
  const rows = logits.slice(from * CLASSES, to * CLASSES);
  return file(".npy", npy("<f4", [to - from, CLASSES], rows), `part-${i}`);
});
const program = [process.execPath, "--import", "tsx", "src/cli.ts"];
const passOf = (named: readonly string[]): PassOptions => ({
  shards: named,
  targets: undefined,
  vocab_size: undefined,
  skip_bad: false,
  checkpoint_s: 30,
});
const left = () => readdirSync(tmpdir()).filter((name) => /^logit-sampler-/.test(name)).length;

test("shards are dealt by their sizes, the largest first", () => {
  // Shards of 140, 140, 110 and 10 rows.
  expect(lotsOf(shards, 2)).toEqual([
    [shards[1], shards[2]],
    [shards[3], shards[0]],
  ]);
  const lots = lotsOf(shards, 3);
  expect(lots.flat().sort()).toEqual([...shards].sort());
  expect(lots).toHaveLength(3);
  expect(lotsOf(shards, 9)).toHaveLength(4);
});

test("a job has the options that were given, and none that it sets itself", () => {
  const table = { ...ROW_OPTIONS, ...SCALING_OPTIONS };
  const values = {
    in: "x",
    "skip-bad": true,
    quiet: true,
    temperature: 1.5,
    "checkpoint-s": 30,
    "vocab-size": 7,
  };
  expect(wordsOf(table, values)).toEqual(["--vocab-size=7", "--skip-bad", "--temperature=1.5"]);
});

test("the report has the bytes of one process, and nothing is left behind", async () => {
  const before = left();
  const words = ["--temperature=1.4"];
  const ours = await runJobs({ command: "score", jobs: 2, pass: passOf(shards), words, program });
  expect(ours).toBe(await run("score", "--in", join(folder, "part-*.npy"), ...words));
  expect(left()).toBe(before);
  expect(existsSync(`${shards[0]}.checkpoint`)).toBe(false);
});

test("a job that fails is an error", async () => {
  const rows = new Float32Array(CLASSES * 400).fill(Number.NaN);
  const bad = [...shards, file(".npy", npy("<f4", [400, CLASSES], rows), "bad")];
  await expect(runJobs({ command: "score", jobs: 2, pass: passOf(bad), words: [], program })).rejects.toThrow(
    "a job ended with 1: score --out",
  );
});

test("is refused beside what one process can do alone", async () => {
  const words = ["--in", shards[0]!, "--jobs", "2"];
  await expect(run("score", ...words, "--out", "x")).rejects.toThrow(
    "--jobs gives a report, and goes without --out",
  );
  await expect(run("score", "--in", "-", "--jobs", "2")).rejects.toThrow("--jobs reads files");
});

describe("a large file", () => {
  const name = "one";
  file(".targets.npy", npy("<i4", [ROWS], targets), name);
  const shard = file(".npy", npy("<f4", [ROWS, CLASSES], logits), name);

  test("is shared by all jobs, by parts of its rows", async () => {
    expect(await jobsOf(passOf([shard]), 3)).toEqual([
      ["--part=1/3", shard],
      ["--part=2/3", shard],
      ["--part=3/3", shard],
    ]);
    // 140 and 140 rows are as even as parts of both.
    expect(await jobsOf(passOf([shards[1]!, shards[3]!, shards[0]!]), 2)).toHaveLength(2);
    expect(await jobsOf(passOf([shards[1]!, shards[1]!]), 2)).toEqual([[shards[1]], [shards[1]]]);
    expect(await jobsOf(passOf([shards[0]!]), 100)).toHaveLength(cuts[1]!);
    const lines = file(".ndjson", '{"logits": [1, 2], "target": 0}\n', "lines");
    expect(await jobsOf(passOf([lines, shard]), 2)).toEqual([[shard], [lines]]);
  });

  test("is shared beside up to 999 others, which each job opens", async () => {
    const small = Array.from({ length: 1000 }, (_, i) =>
      file(".npy", npy("<f4", [1, 1], Float32Array.of(i)), `small-${i}`),
    );
    const large = file(".npy", npy("<f4", [100_000, 1], new Float32Array(100_000)), "large");
    expect((await jobsOf(passOf([large, ...small.slice(1)]), 2))[0]?.[0]).toBe("--part=1/2");
    expect(await jobsOf(passOf([large, ...small]), 2)).toEqual([[large], small]);
  });

  test("has the report of one process", async () => {
    const words = ["--temperature=1.4"];
    const ours = await runJobs({ command: "score", jobs: 2, pass: passOf([shard]), words, program });
    expect(ours).toBe(await run("score", "--in", shard, ...words));
  });
});

test("a process that only starts jobs does not load the schemas first, which take half of its start", () => {
  const seen = new Set<string>();
  const walk = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, from = ""] of readFileSync(path, "utf8").matchAll(
      /^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gm,
    ))
      if (from.startsWith(".")) walk(join(dirname(path), from));
      else seen.add(from);
  };
  walk("src/commands/score.ts");
  expect(seen).toContain("src/commands/rows/jobs.ts");
  expect(seen).not.toContain("zod");
});
