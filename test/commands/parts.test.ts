/** `--part I/N`: sums of a part of the rows, which merge to the report of all rows. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { divided, PART_OPTION } from "../../src/commands/rows/parts.ts";
import { npy, shardFolder } from "../shards/files.ts";
import { CLASSES, interrupted, logits, ROWS, run, said, targets } from "./running.ts";

const { folder, file } = shardFolder();
const path = (name: string) => join(folder, name);

function shard(name: string, from: number, to: number): string {
  file(".targets.npy", npy("<i4", [to - from], targets.slice(from, to)), name);
  return file(".npy", npy("<f4", [to - from, CLASSES], logits.slice(from * CLASSES, to * CLASSES)), name);
}

const one = shard("one", 0, ROWS);
const cut = [shard("cut-0", 0, 9), shard("cut-1", 9, 290), shard("cut-2", 290, ROWS)];

async function sumsOf(shards: readonly string[], number: number, of: number, ...words: string[]) {
  const out = path(`sums-${number}-${of}-${shards.length}.json`);
  rmSync(out, { force: true });
  await run("score", "--part", `${number}/${of}`, "--out", out, ...words, ...shards);
  return out;
}
async function partsOf(shards: readonly string[], of: number): Promise<string[]> {
  const outs: string[] = [];
  for (let number = 1; number <= of; number++) outs.push(await sumsOf(shards, number, of));
  return outs;
}

describe("rows are divided", () => {
  test.each([
    [[10], 3],
    [[3, 0, 5], 2],
    [[1, 1], 5],
    [[], 4],
  ])("%j in %i parts: each row is in one of them", (counts, of) => {
    const shards = counts.map((_, i) => `s${i}`);
    const rows: string[] = [];
    for (let number = 1; number <= of; number++) {
      const part = divided(shards, counts, { number, of });
      for (const [i, { from, to, of: count }] of part.ranges.entries()) {
        expect(count).toBe(counts[shards.indexOf(part.shards[i]!)]);
        for (let row = from; row < to; row++) rows.push(`${part.shards[i]}:${row}`);
      }
    }
    expect(rows).toEqual(counts.flatMap((count, i) => Array.from({ length: count }, (_, r) => `s${i}:${r}`)));
  });

  test("a part is I/N with I from 1 to N, and N up to a million", () => {
    expect(PART_OPTION.read("1/1")).toEqual({ number: 1, of: 1 });
    expect(PART_OPTION.read("1000000/1000000")).toEqual({ number: 1_000_000, of: 1_000_000 });
    for (const word of ["0/1", "2/1", "1", "1/2/3", "-1/2", "1/1000001", "1.5/2", ""])
      expect(() => PART_OPTION.read(word)).toThrow("must be I/N");
  });
});

describe("the sums of all parts", () => {
  test.each([1, 2, 7])("of %i parts have the report of one run", async (of) => {
    const whole = await run("score", "--in", one);
    expect(await run("merge", ...(await partsOf([one], of)))).toBe(whole);
    expect(await run("merge", ...(await partsOf(cut, of)).reverse())).toBe(whole);
  });

  test("of more parts than rows have it as well", async () => {
    const few = shard("few", 0, 3);
    expect(await run("merge", ...(await partsOf([few], 5)))).toBe(await run("score", "--in", few));
  });

  test("give a calibration in rounds", async () => {
    const state = path("state.json");
    let after: string[] = [];
    for (let round = 0; round < 40; round++) {
      const outs = [1, 2].map((number) => path(`round-${round}-${number}.json`));
      for (const [i, out] of outs.entries())
        await run("calibrate", "--part", `${i + 1}/2`, "--out", out, "--in", one, ...after);
      writeFileSync(state, await run("merge", ...outs));
      after = ["--after", state];
      if (JSON.parse(readFileSync(state, "utf8")).kind === "report") break;
    }
    expect(readFileSync(state, "utf8")).toBe(await run("calibrate", "--in", one));
  });

  test("merge in steps, and are then those of whole shards", async () => {
    const [a, b, c] = await partsOf(cut, 3);
    const step = path("step.json");
    writeFileSync(step, await run("merge", "--partial", c!, a!));
    expect(() => JSON.parse(readFileSync(step, "utf8"))).not.toThrow();
    await expect(run("merge", step)).rejects.toThrow("cut-1.npy, got those of rows");
    const all = JSON.parse(await run("merge", "--partial", step, b!));
    const whole = JSON.parse(await run("score", "--out", "-", ...cut));
    expect(all.sources).toEqual(whole.sources);
    expect(all.tally).toEqual(whole.tally);
    await expect(run("merge", step, b!, a!)).rejects.toThrow("in sums that were merged already");
    await expect(run("merge", b!, await sumsOf(cut, 1, 2))).rejects.toThrow("merged already");
  });

  test("a missing part is an error, and a part of other bytes as well", async () => {
    const [a, b] = await partsOf([one], 2);
    await expect(run("merge", a!)).rejects.toThrow(
      `the sums must be of all ${ROWS} rows of ${one}, got those of rows 0 to 200: merge the other parts as well`,
    );
    const text = readFileSync(b!, "utf8");
    writeFileSync(b!, text.replace(/"input":"./, '"input":"x'));
    await expect(run("merge", a!, b!)).rejects.toThrow("must be of the same file");
  });

  test("invalid rows have their number in the shard", async () => {
    const rows = logits.slice();
    rows[300 * CLASSES] = Number.NaN;
    file(".targets.npy", npy("<i4", [ROWS], targets), "nan");
    const bad = file(".npy", npy("<f4", [ROWS, CLASSES], rows), "nan");
    await expect(sumsOf([bad], 2, 2)).rejects.toThrow("nan.npy, row 300");
    const parts = [await sumsOf([bad], 1, 2, "--skip-bad"), await sumsOf([bad], 2, 2, "--skip-bad")];
    expect(await run("merge", ...parts)).toBe(await run("score", "--in", bad, "--skip-bad"));
  });
});

describe("a run of a part", () => {
  test("that was interrupted goes on where it was", async () => {
    const whole = readFileSync(await sumsOf([one], 2, 2), "utf8");
    const out = path("sums-2-2-1.json");
    rmSync(out);
    await interrupted("SIGTERM", "score", "--part", "2/2", "--out", out, "--in", one);
    expect(JSON.parse(readFileSync(`${out}.checkpoint`, "utf8")).row).toBeGreaterThan(200);
    await expect(run("score", "--part", "1/2", "--out", out, "--in", one)).rejects.toThrow("of another run");
    await run("score", "--part", "2/2", "--out", out, "--in", one);
    expect(said()).toContain("resumed");
    expect(readFileSync(out, "utf8")).toBe(whole);
    expect(existsSync(`${out}.checkpoint`)).toBe(false);
  });

  test("is done when the same part is there, and not when another is", async () => {
    const out = path("done.json");
    const words = (part: string) => ["score", "--part", part, "--out", out, "--in", one] as const;
    await run(...words("1/2"));
    await run(...words("1/2"));
    expect(said()).toContain("done_before");
    await run(...words("2/2"));
    expect(said()).not.toContain("done_before");
    await run("score", "--out", out, "--in", one);
    expect(said()).not.toContain("done_before");
  });

  test("needs --out, and rows that can be counted", async () => {
    await expect(run("score", "--part", "1/2", "--in", one)).rejects.toThrow("goes with --out");
    await expect(run("score", "--part", "1/2", "--in", one, "--jobs", "2")).rejects.toThrow("without --part");
    const lines = file(".ndjson", '{"logits": [1, 2], "target": 0}\n', "lines");
    for (const name of [lines, "-"])
      await expect(run("score", "--part", "1/2", "--out", path("x"), "--in", name)).rejects.toThrow(
        "does not state its number of rows",
      );
  });
});
