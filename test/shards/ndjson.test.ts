import { expect, test } from "vitest";
import { rowsOf, shardFolder } from "./files.ts";

const { file } = shardFolder();

test("dense rows, kept classes and empty lines; null stands for −Infinity", async () => {
  const path = file(
    ".ndjson",
    `{"logits": [1, null, 2.5], "target": 2}

{"token_ids": [3, 1], "logprobs": [-0.1, -3], "tail_mass": 0.02, "target": 0}
{"logits": [0.1]}`,
  );
  const [dense, kept, single] = await rowsOf(path, { vocab_size: 6 });
  expect(dense).toEqual({ values: [1, Number.NEGATIVE_INFINITY, 2.5], target: 2 });
  expect(kept?.tail).toMatchObject({ ids: [3, 1], count: 4 });
  expect(single).toEqual({ values: [0.1], target: undefined });
});

test("a line that is no row is told, and those behind it are read", async () => {
  const path = file(
    ".ndjson",
    [
      '{"logits": [1',
      "[1, 2]",
      '{"logits": [1, "2"]}',
      '{"logit": [1]}',
      '{"target": 3}',
      '{"logits": [1, 2], "target": "cat"}',
      '{"token_ids": [1, 1], "logprobs": [-1, -1]}',
      '{"token_ids": [9], "logprobs": [-1]}',
      '{"token_ids": [1, 2], "logprobs": [-1]}',
      '{"logits": [1, 2]}',
    ].join("\n"),
  );
  // It begins like JSON, so it is read as JSON.
  const rows = await rowsOf(path, { vocab_size: 6 });
  expect(rows.map(({ problem }) => problem)).toEqual([
    'a line must be a JSON object, got "{\\"logits\\": [1"',
    "a line must be a JSON object, got [1,2]",
    'logits must hold numbers, got "2"',
    "a row must have logits, or token_ids and perhaps logprobs",
    "a row must have logits, or token_ids and perhaps logprobs",
    'target must be a number, got "cat"',
    "token_ids must be distinct, got 1 twice",
    "a token id must be an integer in [0, 5], got 9",
    "token_ids must hold one id a log-probability, 1, got 2",
    undefined,
  ]);
});

test("kept classes need the number of all", async () => {
  const path = file(".ndjson", '{"token_ids": [1], "logprobs": [-1]}\n');
  await expect(rowsOf(path)).rejects.toThrow("--vocab-size");
});

test("a line may be longer than the buffer, and from any row on", async () => {
  const long = Array.from({ length: 300_000 }, (_, i) => i * 0.5);
  const path = file(".jsonl", `{"logits": [1]}\n{"logits": ${JSON.stringify(long)}}\n{"logits": [2]}\n`);
  const rows = await rowsOf(path, {}, 1);
  expect(rows.map(({ values }) => values.length)).toEqual([300_000, 1]);
  expect(rows[0]?.values.at(-1)).toBe(149_999.5);
});

test("fields of other names are left out, as columns are; two names of one part are refused", async () => {
  const path = file(".ndjson", '{"logits": [1, 2], "label": 1, "prompt": "Call me"}\n');
  expect(await rowsOf(path)).toEqual([{ values: [1, 2], target: 1 }]);
  const two = file(".ndjson", '{"logits": [1, 2], "label": 1, "targets": 0}\n');
  await expect(rowsOf(two)).rejects.toThrow("has two columns for target, label and targets");
});

test.each(["", "\n\n", "  \n"])("a file of %j has no rows, and is no error", async (text) => {
  expect(await rowsOf(file(".ndjson", text))).toEqual([]);
});

test("a step is a whole number", async () => {
  const path = file(
    ".ndjson",
    '{"logits": [1], "step": 1.5}\n{"logits": [1], "step": -1}\n{"logits": [1], "step": 3}\n',
  );
  expect((await rowsOf(path)).map(({ problem }) => problem)).toEqual([
    "step must be a whole number from 0 on, got 1.5",
    "step must be a whole number from 0 on, got -1",
    undefined,
  ]);
});
