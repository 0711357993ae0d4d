/** The meaning of "done before" and of "the same rows as the round before", and signals while a pipe is idle. */
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { VERSION } from "../../src/config/version.ts";
import { system } from "../../src/shards/bytes.ts";
import { npy, shardFolder } from "../shards/files.ts";
import { CLASSES, logits, run, said, targets } from "./running.ts";

const { folder, file } = shardFolder();
const path = (name: string) => join(folder, name);

function shard(name: string, from: number, to: number): string {
  file(".targets.npy", npy("<i4", [to - from], targets.slice(from, to)), name);
  return file(".npy", npy("<f4", [to - from, CLASSES], logits.slice(from * CLASSES, to * CLASSES)), name);
}

describe("a run that is asked for again", () => {
  let runs = 0;
  /**
   * Scores a shard to sums, lets the test change something, and scores again. Returns true when the second run did
   * nothing.
   */
  async function isDone(change: (shard: string, out: string) => string[] | undefined): Promise<boolean> {
    const name = `again-${runs++}`;
    const of = shard(name, 0, 40);
    const out = path(`${name}.json`);
    await run("score", "--in", of, "--out", out);
    const words = change(of, out) ?? [];
    await run("score", "--in", of, "--out", out, ...words);
    return said().includes("done_before");
  }
  const old = (name: string) => fs.utimesSync(name, 1, 1);

  test("has nothing to do when all is as it was", async () => {
    expect(await isDone(() => [])).toBe(true);
    expect(await isDone((of) => void old(of))).toBe(true);
  });

  test.each<[string, (of: string, out: string) => string[] | undefined]>([
    [
      "another shard with an older time, as cp -p and rsync -t leave it",
      (of) => {
        fs.writeFileSync(of, npy("<f4", [40, CLASSES], logits.slice(CLASSES, 41 * CLASSES)));
        old(of);
        return undefined;
      },
    ],
    [
      "other targets with an older time",
      (of) => {
        const beside = of.replace(".npy", ".targets.npy");
        fs.writeFileSync(beside, npy("<i4", [40], targets.slice(1, 41)));
        old(beside);
        return undefined;
      },
    ],
    [
      "--targets",
      () => ["--targets", file(".npy", npy("<i4", [40], targets.slice(2, 42)), `other-targets-${runs}`)],
    ],
    ["--rows", () => ["--rows", path(`rows-${runs}.ndjson`)]],
    ["options", () => ["--temperature", "2"]],
    [
      "sums of another version",
      (_, out) => {
        const text = fs.readFileSync(out, "utf8");
        fs.writeFileSync(out, text.replace(`"version":"${VERSION}"`, '"version":"0.0.1"'));
        return undefined;
      },
    ],
    [
      "sums that are cut",
      (_, out) => {
        fs.truncateSync(out, 100);
        return undefined;
      },
    ],
  ])("runs with %s", async (_, change) => {
    expect(await isDone(change)).toBe(false);
  });

  test("runs when the lines of its rows are gone", async () => {
    const of = shard("lines", 0, 40);
    const words = ["--in", of, "--out", path("lines.json"), "--rows", path("lines.ndjson")];
    await run("score", ...words);
    await run("score", ...words);
    expect(said()).toContain("done_before");
    fs.truncateSync(path("lines.ndjson"), 50);
    await run("score", ...words);
    expect(said()).not.toContain("done_before");
    expect(fs.readFileSync(path("lines.ndjson"), "utf8").split("\n")).toHaveLength(41);
  });

  test("goes on from a checkpoint only with the same bytes, whatever their time", async () => {
    const of = shard("cut", 0, 40);
    fs.writeFileSync(path("cut.checkpoint"), "{");
    const words = ["--in", of, "--checkpoint", path("cut.checkpoint")];
    await expect(run("score", ...words)).rejects.toThrow(
      `${path("cut.checkpoint")}: is no JSON, and should be a checkpoint: remove it to begin anew`,
    );
  });
});

describe("merge", () => {
  const parts = [shard("part-0", 0, 150), shard("part-1", 150, 300), shard("part-2", 300, 400)];

  async function round(name: string, of: readonly string[], ...words: string[]): Promise<string[]> {
    const sums: string[] = [];
    for (const [i, part] of of.entries()) {
      sums.push(path(`${name}-${i}.json`));
      await run("calibrate", "--in", part, "--out", sums[i]!, ...words);
    }
    return sums;
  }

  test("refuses a round of a calibration that has not read what the round before had", async () => {
    await run("merge", "--out", path("state.json"), ...(await round("r0", parts)));
    const after = ["--after", path("state.json")];
    const sums = await round("r1", parts, ...after);
    await expect(run("merge", ...sums.slice(0, 2))).rejects.toThrow(
      "a round must read what the round before has read, 400 rows of 3 shards, got 300 rows of 2 shards",
    );
    await expect(run("merge", sums[0]!, sums[2]!)).rejects.toThrow("a shard is missing or has changed");
    // In two parts with other names: only the bytes count.
    fs.copyFileSync(parts[0]!, path("moved.npy"));
    fs.copyFileSync(parts[0]!.replace(".npy", ".targets.npy"), path("moved.targets.npy"));
    const moved = await round("r1m", [path("moved.npy")], ...after);
    await run("merge", "--partial", "--out", path("front.json"), moved[0]!, sums[2]!);
    expect(JSON.parse(await run("merge", sums[1]!, path("front.json")))).toMatchObject({ kind: "state" });
  });

  test("refuses the round of a shard that has other rows now", async () => {
    const of = shard("changed", 0, 100);
    await run("merge", "--out", path("c0.json"), ...(await round("c", [of])));
    fs.writeFileSync(of, npy("<f4", [100, CLASSES], logits.slice(CLASSES, 101 * CLASSES)));
    const sums = await round("d", [of], "--after", path("c0.json"));
    await expect(run("merge", ...sums)).rejects.toThrow(
      "100 rows of 1 shards, got 100 rows of 1 shards, of other content",
    );
  });

  test("holds sums against the shards that are expected, by a pattern or a list", async () => {
    const sums: string[] = [];
    for (const [i, part] of parts.entries()) {
      sums.push(path(`s-${i}.json`));
      await run("score", "--in", part, "--out", sums[i]!);
    }
    const all = join(folder, "part-*.npy");
    expect(JSON.parse(await run("merge", "--expect", all, ...sums))).toMatchObject({ rows: 400 });
    await expect(run("merge", "--expect", all, ...sums.slice(1))).rejects.toThrow(
      `the sums must be of the 3 expected shards, got them without 1: ${parts[0]}`,
    );
    const list = file(".txt", `${parts[0]}\n\n${parts[1]}\n`, "expected");
    await expect(run("merge", "--expect", `@${list}`, ...sums)).rejects.toThrow(`with 1 others: ${parts[2]}`);
  });
});

test("shards without rows count as none, in reports and in merges", async () => {
  const empty = file(".npy", npy("<f8", [0, 5], new Float64Array(0)), "empty");
  const nothing = file(".ndjson", "", "nothing");
  const some = shard("some", 0, 30);
  const one = await run("score", "--in", some);
  expect(await run("score", "--in", some, empty, nothing)).toBe(one);
  await run("score", "--in", nothing, "--out", path("n.json"));
  await run("score", "--in", some, "--out", path("s.json"));
  expect(await run("merge", path("n.json"), path("s.json"))).toBe(one);
  expect(JSON.parse(await run("score", "--in", nothing))).toMatchObject({ rows: 0, cross_entropy: null });
});

test.each(["SIGTERM", "SIGINT"] as const)("%s is heard while standard input has nothing", async (signal) => {
  const { readSync } = system;
  vi.spyOn(system, "readSync").mockImplementation(((...given: Parameters<typeof readSync>) => {
    if (given[0] === 0) throw Object.assign(new Error("EAGAIN"), { code: "EAGAIN" });
    return readSync(...given);
  }) as typeof readSync);
  // Repeats the signal until it has an effect: on a busy machine the run may listen late.
  const telling = setInterval(() => process.emit(signal, signal), 20);
  try {
    await expect(run("score", "--in", "-")).rejects.toThrow(`ended by ${signal} at -, row 0`);
  } finally {
    clearInterval(telling);
    vi.restoreAllMocks();
  }
});
