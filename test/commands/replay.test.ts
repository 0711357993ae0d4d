import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Misuse } from "../../src/command-line.ts";
import { npy, shardFolder } from "../shards/files.ts";
import { CLASSES, logits, ROWS, run } from "./running.ts";

const { folder, file } = shardFolder();
const path = (name: string) => join(folder, name);

const OPTIONS = '{"temperature": 0.8, "top_p": 0.95, "seed": 7}';

interface Line {
  readonly token_id: number;
  readonly step: number;
}

/** The rows with the tokens that `sample` draws from them. */
async function drawn(): Promise<number[]> {
  const rows = file(".npy", npy("<f4", [ROWS, CLASSES], logits), "rows");
  await run("sample", "--in", rows, "--options", OPTIONS, "--out", path("tokens.ndjson"));
  const lines = readFileSync(path("tokens.ndjson"), "utf8").trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as Line).token_id);
}

function steplessLine(r: number, target: number): string {
  return JSON.stringify({ logits: Array.from(logits.subarray(r * CLASSES, (r + 1) * CLASSES)), target });
}

/** Rows [from, to) with their tokens and steps, as lines. */
function steps(name: string, tokens: readonly number[], from: number, to: number): string {
  const lines = tokens.slice(from, to).map((target, i) => {
    const r = from + i;
    return JSON.stringify({
      logits: Array.from(logits.subarray(r * CLASSES, (r + 1) * CLASSES)),
      target,
      step: r,
    });
  });
  return file(".ndjson", `${lines.join("\n")}\n`, name);
}

describe("replay", () => {
  test("finds every token that sample drew, and none that was changed", async () => {
    const tokens = await drawn();
    const changed = tokens.map((token, r) => (r % 10 === 0 ? (token + 1) % CLASSES : token));
    const report = async (name: string, claimed: readonly number[]) =>
      JSON.parse(await run("replay", "--in", steps(name, claimed, 0, ROWS), "--options", OPTIONS)) as object;
    expect(await report("right", tokens)).toMatchObject({
      rows: ROWS,
      matches: ROWS,
      agreeing: ROWS,
      mean_divergence: 0,
    });
    const found = (await report("changed", changed)) as {
      readonly matches: number;
      readonly mean_divergence: number;
    };
    expect(found.matches).toBe(ROWS - ROWS / 10);
    expect(found.mean_divergence).toBeGreaterThan(0);
  });

  test("has the same bytes however the steps are cut", async () => {
    const tokens = (await drawn()).map((token, r) => (r % 7 === 0 ? 0 : token));
    const one = await run("replay", "--in", steps("all", tokens, 0, ROWS), "--options", OPTIONS);
    const cuts = [0, 3, 200, ROWS];
    const sums: string[] = [];
    for (const [i, to] of cuts.slice(1).entries()) {
      sums.push(path(`replay-${i}.json`));
      await run(
        "replay",
        "--in",
        steps(`cut-${i}`, tokens, cuts[i]!, to),
        "--options",
        OPTIONS,
        "--out",
        sums[i]!,
      );
    }
    expect(await run("merge", ...sums.toReversed())).toBe(one);
  });

  test("takes the history of each row, as sample does", async () => {
    const options = '{"temperature": 0.8, "repetition_penalty": 3, "seed": 7}';
    const line = (r: number, target?: number) =>
      JSON.stringify({
        logits: Array.from(logits.subarray(r * CLASSES, (r + 1) * CLASSES)),
        history: [r % CLASSES, (r + 2) % CLASSES],
        prompt_length: 1,
        ...(target !== undefined && { target }),
      });
    const rows = file(".ndjson", Array.from({ length: ROWS }, (_, r) => line(r)).join("\n"));
    await run("sample", "--in", rows, "--options", options, "--out", path("with-history.ndjson"));
    const lines = readFileSync(path("with-history.ndjson"), "utf8").trim().split("\n");
    expect(lines[0]).not.toContain("warnings");
    const tokens = lines.map((each) => (JSON.parse(each) as Line).token_id);
    const claims = file(".ndjson", tokens.map((token, r) => line(r, token)).join("\n"));
    const replayed = await run("replay", "--in", claims, "--options", options);
    expect(JSON.parse(replayed)).toMatchObject({ rows: ROWS, matches: ROWS });
    const forgotten = file(".ndjson", tokens.map((token, r) => steplessLine(r, token)).join("\n"));
    const { matches } = JSON.parse(await run("replay", "--in", forgotten, "--options", options)) as {
      readonly matches: number;
    };
    expect(matches).toBeLessThan(ROWS);
  });

  test.each([
    ['"history": [1, -2]', "got -2 (/history/1)"],
    ['"history": [1], "prompt_length": 2', "prompt_length must be at most the length of history, 1, got 2"],
  ])("refuses a row with %s", async (fields, sentence) => {
    const name = file(".ndjson", `{"logits": [1, 2], "target": 1, ${fields}}\n`);
    await expect(run("replay", "--in", name, "--options", OPTIONS)).rejects.toThrow(sentence);
    const both = '{"history": [1], "seed": 1}';
    const of_row = file(".ndjson", '{"logits": [1, 2], "target": 1, "history": [0]}\n');
    await expect(run("replay", "--in", of_row, "--options", both)).rejects.toThrow("got both");
  });

  test("needs a seed, and a token", async () => {
    const name = file(".ndjson", '{"logits": [1, 2], "target": 1}\n');
    await expect(run("replay", "--in", name)).rejects.toThrow("a replay needs the seed of the step");
    const bare = file(".ndjson", '{"logits": [1, 2]}\n');
    await expect(run("replay", "--in", bare, "--options", '{"seed": 1}')).rejects.toThrow(
      "needs the token that was claimed",
    );
    await expect(run("replay", "--in", bare, "--options", '{"top_q": 1}')).rejects.toThrow("top_q");
  });
});

describe("detect", () => {
  const MARK = '{"scheme": "gumbel", "key": "main"}';
  const before = process.env["WATERMARK_KEYS_FILE"];
  beforeAll(() => {
    process.env["WATERMARK_KEYS_FILE"] = file("", "main 0x0123456789abcdef\nspare 7\n", "keys");
  });
  afterAll(() => {
    if (before === undefined) delete process.env["WATERMARK_KEYS_FILE"];
    else process.env["WATERMARK_KEYS_FILE"] = before;
  });

  const text = (seed: number) => {
    let state = seed;
    return Array.from({ length: 60 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 8) % 1000;
    });
  };
  const texts = (from: number, to: number) => {
    const lines = Array.from({ length: to - from }, (_, i) =>
      JSON.stringify({ token_ids: text(from + i + 1), prompt_length: 4 }),
    );
    return file(".ndjson", `${lines.join("\n")}\n`);
  };

  test("tells that texts without a mark have none, to the same bytes however they are cut", async () => {
    const words = ["--mark", MARK, "--vocab-size", "1000"];
    const one = await run("detect", "--in", texts(0, 40), ...words);
    const report = JSON.parse(one) as {
      readonly rows: number;
      readonly p_values: { readonly p50: number; readonly below_0_0001: number };
    };
    expect([report.rows, report.p_values.below_0_0001]).toEqual([40, 0]);
    expect(report.p_values.p50).toBeGreaterThan(0.2);
    await run("detect", "--in", texts(0, 13), ...words, "--out", path("d0.json"));
    await run("detect", "--in", texts(13, 40), ...words, "--out", path("d1.json"));
    expect(await run("merge", path("d1.json"), path("d0.json"))).toBe(one);
  });

  test("unmarked texts tell a key's own false positives, with an interval, and thresholds", async () => {
    const words = ["--in", texts(0, 200), "--mark", MARK, "--unmarked"];
    const report = JSON.parse(await run("detect", ...words)) as {
      readonly false_positives: readonly { level: number; texts: number; low: number; high: number }[];
      readonly thresholds: readonly { share: number; p_value: number | null }[];
    };
    expect(report.false_positives.map(({ level }) => level)).toEqual([0.05, 0.01, 1e-4, 1e-6]);
    for (const { texts, low, high } of report.false_positives)
      expect([low <= texts / 200, texts / 200 <= high, high < 0.2]).toEqual([true, true, true]);
    // Clopper and Pearson's interval for 0 of 200.
    expect(report.false_positives[3]).toMatchObject({ texts: 0, low: 0, high: expect.closeTo(0.018275, 5) });
    const [five, one, thousandth] = report.thresholds;
    expect(five?.p_value).toBeGreaterThan(one?.p_value as number);
    expect(thousandth?.p_value).toBeNull();
  });

  test("several keys are compared, in parts as well, and each p-value counts as often as configurations were tried", async () => {
    const words = ["--mark", '{"scheme": "gumbel"}', "--keys", "main,spare", "--unmarked"];
    const one = await run("detect", "--in", texts(0, 60), ...words);
    const { keys } = JSON.parse(one) as { readonly keys: readonly { key: string; rows: number }[] };
    expect(keys.map(({ key }) => key).sort()).toEqual(["main", "spare"]);
    expect(keys.map(({ rows }) => rows)).toEqual([60, 60]);
    await run("detect", "--in", texts(0, 20), ...words, "--out", path("k0.json"));
    await run("detect", "--in", texts(20, 60), ...words, "--out", path("k1.json"));
    expect(await run("merge", path("k1.json"), path("k0.json"))).toBe(one);
    await run("detect", "--in", texts(0, 5), "--mark", MARK, "--rows", path("p1.ndjson"));
    await run("detect", "--in", texts(0, 5), "--mark", MARK, "--tried", "3", "--rows", path("p3.ndjson"));
    const p = (name: string) =>
      readFileSync(path(name), "utf8")
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { p_value: number }).p_value);
    expect(p("p3.ndjson")).toEqual(p("p1.ndjson").map((value) => Math.min(1, 3 * value)));
  });

  test("refuses rows of logits, and prompts that are longer than their text", async () => {
    const rows = file(".ndjson", '{"logits": [1, 2]}\n');
    await expect(run("detect", "--in", rows, "--mark", MARK)).rejects.toThrow("a text is needed");
    const long = file(".ndjson", '{"token_ids": [1, 2], "prompt_length": 3}\n');
    await expect(run("detect", "--in", long, "--mark", MARK)).rejects.toThrow(
      "prompt_length must lie in [0, 2], got 3",
    );
    await expect(run("detect", "--in", long)).rejects.toThrow(new Misuse("which mark? --mark JSON"));
    await expect(run("detect", "--in", long)).rejects.toBeInstanceOf(Misuse); // ends with 2
    await expect(run("merge")).rejects.toBeInstanceOf(Misuse);
    await expect(run("score", "--in", long)).rejects.toThrow("row 0: each row needs the class that came");
  });
});
