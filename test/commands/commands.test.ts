import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createKernelReader } from "../../src/analysis/row-reader.ts";
import { scoreTask } from "../../src/analysis/tasks/score.ts";
import { Misuse } from "../../src/command-line.ts";
import { npy, shardFolder } from "../shards/files.ts";
import { CLASSES, interrupted, logits, ROWS, rowAt, run, said, targets } from "./running.ts";

const { folder, file } = shardFolder();

interface Report {
  readonly [name: string]: unknown;
  readonly rows: number;
  readonly skipped: number;
  readonly cross_entropy: number;
}

const reported = async (name: string, ...words: string[]) => JSON.parse(await run(name, ...words)) as Report;
const path = (name: string) => join(folder, name);

/** A shard with the rows [from, to). */
function shard(name: string, from: number, to: number): string {
  file(".targets.npy", npy("<i4", [to - from], targets.slice(from, to)), name);
  return file(".npy", npy("<f4", [to - from, CLASSES], logits.slice(from * CLASSES, to * CLASSES)), name);
}
const whole = shard("whole", 0, ROWS);
const cuts = [0, 1, 130, 131, 399, ROWS];
const parts = cuts.slice(1).map((to, i) => shard(`part-${i}`, cuts[i]!, to));

describe("score", () => {
  test("is what /v1/score says of the same rows", async () => {
    const context = {
      reader: createKernelReader(CLASSES),
      single: false,
      inverse_temperature: 1 / 1.4,
      values_expected: 0,
    };
    const task = scoreTask(context, { labels: undefined });
    for (let r = 0; r < ROWS; r++) task.take({ values: rowAt(r), target: targets[r] });
    const steps = task.finish();
    steps.next();
    const reply = steps.next().value as {
      readonly results: object[];
      readonly cross_entropy: number;
      readonly perplexity: number;
    };
    const report = await reported(
      "score",
      "--in",
      whole,
      "--temperature",
      "1.4",
      "--rows",
      path("rows.ndjson"),
    );
    const { cross_entropy, perplexity } = reply;
    expect(report).toMatchObject({
      kind: "report",
      command: "score",
      rows: ROWS,
      skipped: 0,
      cross_entropy,
      perplexity,
    });
    const lines = readFileSync(path("rows.ndjson"), "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual(
      reply.results.map((result, row) => ({ shard: whole, row, ...result })),
    );
  });

  test("of a calibration's reply reads at its temperature", async () => {
    file(
      ".json",
      JSON.stringify({ calibration: { method: "temperature_scaling", temperature: 1.4 } }),
      "calibration",
    );
    const { cross_entropy } = await reported("score", "--in", whole, "--temperature", "1.4");
    expect(
      (await reported("score", "--in", whole, "--calibration", path("calibration.json"))).cross_entropy,
    ).toBe(cross_entropy);
  });
});

describe.each(["score", "diagnose"])("%s", (command) => {
  test("has the same bytes over one shard, over many, and merged in any order", async () => {
    const one = await run(command, "--in", whole);
    expect(await run(command, "--in", parts[0]!, ...parts.slice(1))).toBe(one);
    expect(await run(command, "--in", join(folder, "part-*.npy"))).toBe(one);
    for (const [i, part] of parts.entries())
      await run(command, "--in", part, "--out", path(`${command}-${i}.json`));
    const sums = parts.map((_, i) => path(`${command}-${i}.json`));
    expect(await run("merge", ...sums)).toBe(one);
    expect(await run("merge", ...sums.toReversed())).toBe(one);
    await run("merge", "--partial", "--out", path(`${command}-front.json`), ...sums.slice(0, 3));
    expect(await run("merge", sums[4]!, path(`${command}-front.json`), sums[3]!)).toBe(one);
  });

  test("that was interrupted goes on, to the same bytes", async () => {
    const one = await run(
      command,
      "--in",
      whole,
      "--rows",
      path("one.ndjson"),
      "--out",
      path(`${command}-one.json`),
    );
    const words = [
      "--in",
      whole,
      "--rows",
      path("cut.ndjson"),
      "--out",
      path(`${command}-cut.json`),
      "--checkpoint-s",
      "0.000001",
    ];
    await interrupted("SIGTERM", command, ...words);
    expect(existsSync(path(`${command}-cut.json`))).toBe(false);
    expect(existsSync(path(`${command}-cut.json.checkpoint`))).toBe(true);
    expect(await run(command, ...words)).toBe(one);
    expect(said()).toMatch(/"event":"resumed".*"row":(128|192|256|320)}/);
    expect(existsSync(path(`${command}-cut.json.checkpoint`))).toBe(false);
    expect(readFileSync(path(`${command}-cut.json`), "utf8")).toBe(
      readFileSync(path(`${command}-one.json`), "utf8"),
    );
    expect(readFileSync(path("cut.ndjson"), "utf8")).toBe(readFileSync(path("one.ndjson"), "utf8"));
  });
});

describe("calibrate", () => {
  test.each([
    ["temperature_scaling", "0"],
    ["bias_scaling", "0"],
    ["vector_scaling", "0.01"],
  ])("by %s has the same bytes at once and in rounds over shards", async (method, ridge) => {
    const held = ridge === "0" ? [] : ["--ridge", ridge];
    const words = ["--method", method, ...held, "--per-class", "--entropy-bins", "4"];
    const one = await run("calibrate", "--in", whole, ...words);
    let after: string[] = words;
    for (let round = 0; round < 40; round++) {
      const sums = parts.map((_, i) => path(`round-${round}-${i}.json`));
      for (const [i, part] of parts.entries())
        await run("calibrate", "--in", part, "--out", sums[i]!, ...after);
      const merged = await run("merge", ...sums);
      if ((JSON.parse(merged) as Report)["kind"] === "report") {
        expect(merged).toBe(one);
        return;
      }
      file(".json", merged, `round-${round}`);
      after = ["--after", path(`round-${round}.json`)];
    }
    throw new Error("no report after 40 rounds");
  });

  test("gives weights and biases that score, diagnose and cover take", async () => {
    const found = await reported(
      "calibrate",
      "--in",
      whole,
      "--method",
      "vector_scaling",
      "--conformal",
      "lac",
    );
    const vector = file(".json", JSON.stringify(found), "vector");
    const words = ["--in", whole, "--calibration", vector];
    const { after } = found as unknown as { after: { nll: number; accuracy: number } };
    expect((await reported("score", ...words))["cross_entropy"]).toBeCloseTo(after.nll, 12);
    expect((await reported("diagnose", ...words))["accuracy"]).toBe(after.accuracy);
    expect(await reported("cover", ...words, "--conformal", vector)).toMatchObject({ rows: ROWS });
    await expect(run("cover", "--in", whole, "--conformal", vector)).rejects.toThrow(
      "by vector_scaling, got a temperature",
    );
  });

  test("refuses a ridge that would hold nothing, and methods that are none", async () => {
    await expect(run("calibrate", "--in", whole, "--ridge", "1")).rejects.toThrow("tells none apart, got 1");
    await expect(run("calibrate", "--in", whole, "--method", "vector")).rejects.toThrow(
      'must be one of "temperature_scaling", "bias_scaling", "vector_scaling", got "vector"',
    );
  });

  test.each([
    [["--miscoverage", "0.2"], 'must be one of "lac", "aps", "raps"'],
    [["--conformal", "lac", "--free-ranks", "2"], "is of method raps, got method lac"],
    [["--conformal", "aps", "--rank-penalty", "0.1"], "is of method raps, got method aps"],
  ])("refuses %j, which would say nothing", async (words, sentence) => {
    await expect(run("calibrate", "--in", whole, ...words)).rejects.toThrow(sentence);
  });

  test.each(["lac", "aps", "raps"])(
    "finds sets by %s, whose coverage cover tells of other rows",
    async (method) => {
      const half = shard(`half-${method}`, 0, ROWS / 2);
      const other = shard(`other-${method}`, ROWS / 2, ROWS);
      const found = await reported("calibrate", "--in", half, "--conformal", method, "--miscoverage", "0.2");
      file(".json", JSON.stringify(found), `sets-${method}`);
      const words = ["--conformal", path(`sets-${method}.json`)];
      const one = await reported("cover", "--in", other, ...words, "--rows", path(`sets-${method}.ndjson`));
      expect(one).toMatchObject({ rows: ROWS / 2 });
      const { coverage, interval } = one as unknown as {
        coverage: number;
        interval: { low: number; high: number };
      };
      expect(interval.low).toBeLessThan(0.8);
      expect(interval.high).toBeGreaterThan(0.8);
      const lines = readFileSync(path(`sets-${method}.ndjson`), "utf8")
        .trim()
        .split("\n");
      const covered = lines.filter((line) => (JSON.parse(line) as { covered: boolean }).covered).length;
      expect(covered / (ROWS / 2)).toBe(coverage);
      for (const [i, part] of parts.entries())
        await run("cover", "--in", part, ...words, "--out", path(`c-${method}-${i}.json`));
      const merged = await run("merge", ...parts.map((_, i) => path(`c-${method}-${i}.json`)));
      expect(merged).toBe(await run("cover", "--in", whole, ...words));
    },
  );

  test("of rows that are all right has no temperature", async () => {
    const right = file(".ndjson", '{"logits": [1, 0], "target": 0}\n'.repeat(3));
    await expect(run("calibrate", "--in", right)).rejects.toThrow("falls all the way to temperature 0");
  });
});

describe("rows that are none", () => {
  const bad = [
    '{"logits": [1, 2], "target": 1}',
    '{"logits": [1, "x"], "target": 1}',
    '{"logits": [null, null], "target": 1}',
    '{"logits": [1, 2], "target": 2}',
    '{"logits": [3, 2], "target": 0}',
  ].join("\n");
  const good = '{"logits": [1, 2], "target": 1}\n{"logits": [3, 2], "target": 0}\n';

  test("end the run, named by shard and row", async () => {
    const name = file(".ndjson", bad, "bad");
    await expect(run("score", "--in", name)).rejects.toThrow(
      `${name}, row 1: logits must hold numbers, got "x" (/logits/1); with --skip-bad`,
    );
  });

  test("are counted and told with --skip-bad, and nothing of them is summed", async () => {
    const name = path("bad.ndjson");
    const left = await reported("score", "--in", name, "--skip-bad");
    const { skipped, ...rest } = left;
    expect(skipped).toBe(3);
    const events = said()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly row: number; readonly code: string });
    expect(events.map(({ row, code }) => [row, code])).toEqual([
      [1, "invalid_logits"],
      [2, "all_tokens_masked"],
      [3, "token_id_out_of_range"],
    ]);
    const { skipped: none, ...clean } = await reported("score", "--in", file(".ndjson", good));
    expect([none, rest]).toEqual([0, clean]);
  });

  test("without classes that came cannot be scored, and can be diagnosed", async () => {
    const name = file(".npy", npy("<f4", [1, 2], Float32Array.of(1, 2)));
    await expect(run("score", "--in", name)).rejects.toThrow(
      `${name}, row 0: each row needs the class that came`,
    );
    expect(await reported("diagnose", "--in", name)).toMatchObject({ rows: 1 });
  });
});

describe("merge refuses", () => {
  const sums = async (name: string, ...words: string[]) => {
    await run("score", "--out", path(name), ...words);
    return path(name);
  };

  test("the same shard twice", async () => {
    const first = await sums("m0.json", "--in", parts[0]!);
    const again = file(".json", readFileSync(first, "utf8"), "m0-again");
    await expect(run("merge", first, again)).rejects.toThrow(
      "part-0.npy are in sums that were merged already",
    );
  });

  test("other options, and other commands", async () => {
    const first = await sums("m1.json", "--in", parts[0]!);
    const other = await sums("m2.json", "--in", parts[1]!, "--temperature", "2");
    await expect(run("merge", first, other)).rejects.toThrow("of one command with the same options");
  });

  test.each([
    ["prose", "Call me Ishmael.", "is no JSON"],
    ["a report", '{"kind": "report"}', "is not the sums of a part"],
  ])("%s", async (_, text, sentence) => {
    await expect(run("merge", file(".json", text))).rejects.toThrow(sentence);
  });

  test("sums that are none", async () => {
    const first = await sums("m3.json", "--in", parts[0]!);
    const broken = JSON.parse(readFileSync(first, "utf8")) as { tally: { counts: { rows: number } } };
    broken.tally.counts.rows = -1;
    await expect(run("merge", file(".json", JSON.stringify(broken)))).rejects.toThrow("counts.rows");
  });
});

describe("a run that is asked for again", () => {
  test("does nothing when its sums are there and its rows are as they were", async () => {
    const words = ["--in", parts[1]!, "--out", path("again.json")];
    await run("score", ...words);
    const before = readFileSync(path("again.json"), "utf8");
    await run("score", ...words);
    expect(said()).toContain('"event":"done_before"');
    await run("score", ...words, "--temperature", "2");
    expect(readFileSync(path("again.json"), "utf8")).not.toBe(before);
  });

  test("refuses the checkpoint of another run", async () => {
    writeFileSync(
      path("other.checkpoint"),
      JSON.stringify({
        kind: "checkpoint",
        run: "another",
        state: null,
        shard: 0,
        row: 1,
        sources: [],
        tally: {},
        lines_bytes: 0,
      }),
    );
    await expect(run("score", "--in", whole, "--checkpoint", path("other.checkpoint"))).rejects.toThrow(
      "is the checkpoint of another run",
    );
  });
});

describe("which shards", () => {
  test("rows that are not named are a misuse, which ends with 2", async () => {
    await expect(run("score")).rejects.toThrow(Misuse);
  });

  test.each([
    ["none", [], "which rows? --in SHARD"],
    ["one twice", ["--in", whole, whole], "is named twice"],
    ["a pattern without a file", ["--in", "nothing-*.npy"], "no file is called nothing-*.npy"],
    ["a file that is not there", ["--in", "nothing.npy"], "ENOENT"],
  ])("%s", async (_, words, sentence) => {
    await expect(run("score", ...words)).rejects.toThrow(sentence);
  });
});
