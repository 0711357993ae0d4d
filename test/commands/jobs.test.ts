/** Several processes over many shards give the report of one process. */
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lotsOf, runJobs, wordsOf } from "../../src/commands/rows/jobs.ts";
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
  const ours = await runJobs({ command: "score", jobs: 2, shards, words, program });
  expect(ours).toBe(await run("score", "--in", join(folder, "part-*.npy"), ...words));
  expect(left()).toBe(before);
  expect(existsSync(`${shards[0]}.checkpoint`)).toBe(false);
});

test("a job that fails is an error", async () => {
  const bad = [...shards, file(".npy", "none", "none")];
  await expect(runJobs({ command: "score", jobs: 2, shards: bad, words: [], program })).rejects.toThrow(
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
