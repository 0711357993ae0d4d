import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { npy, shardFolder } from "../shards/files.ts";
import { CLASSES, interrupted, logits, ROWS, rowAt, run, said } from "./running.ts";

const { folder, file } = shardFolder();
const path = (name: string) => join(folder, name);
const whole = file(".npy", npy("<f4", [ROWS, CLASSES], logits));

describe("sample", () => {
  test("draws what /v1/sample draws at each step, and goes on where it was cut", async () => {
    const options = { temperature: 0.8, seed: 7, logprobs: true };
    const words = [
      "--in",
      whole,
      "--options",
      JSON.stringify(options),
      "--first-step",
      "10",
      "--out",
      path("tokens.ndjson"),
    ];
    await run("sample", ...words);
    const lines = readFileSync(path("tokens.ndjson"), "utf8");
    const sampler = createSampler({ vocab_size_max: 1024, rows_max: 1 });
    const row = sampler.leaseRow()!;
    const expected = Array.from({ length: ROWS }, (_, r) => {
      row.load(rowAt(r));
      row.finish();
      return JSON.stringify({
        shard: whole,
        row: r,
        ...sampler.sample(row, { ...parseStepOptions(options), step: 10 + r }),
      });
    });
    expect(lines).toBe(`${expected.join("\n")}\n`);

    await interrupted("SIGINT", "sample", ...words, "--checkpoint-s", "0.000001");
    await run("sample", ...words, "--checkpoint-s", "0.000001");
    expect(said()).toContain("resumed");
    expect(readFileSync(path("tokens.ndjson"), "utf8")).toBe(lines);
  });

  test("draws from kept classes", async () => {
    const name = file(".ndjson", '{"token_ids": [7, 2], "logprobs": [-0.5, -1.2], "tail_mass": 0.09}\n');
    const words = [
      "--in",
      name,
      "--vocab-size",
      "9",
      "--options",
      '{"temperature": 0}',
      "--out",
      path("kept.ndjson"),
    ];
    await run("sample", ...words);
    const reply = JSON.parse(readFileSync(path("kept.ndjson"), "utf8")) as object;
    expect(reply).toMatchObject({ row: 0, token_id: 7 });
  });
});
