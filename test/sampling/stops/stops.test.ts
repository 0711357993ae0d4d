/** The stops: when each applies, below, at and above its bound, and their state from step to step. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { STAGES } from "../../../src/sampling/stages/index.ts";
import { STOPS } from "../../../src/sampling/stops/index.ts";
import { openStream } from "../../../src/sampling/stream.ts";
import { logitsOf, problemOf, sample, sampler, sampleSparse, sparse } from "../sample.ts";

type Fields = Readonly<Record<string, unknown>>;

const X = Number.NEGATIVE_INFINITY;
/** A row that draws this token, one of 0 … 9. */
const drawing = (token_id: number) => Array.from({ length: 10 }, (_, id) => (id === token_id ? 0 : X));

function reasonOf(token_id: number, stop: Fields, history: readonly number[] = [], prompt_length = 0) {
  return sample(drawing(token_id), { stop, history, prompt_length, seed: 1 }).finish_reason;
}

test("without stop nothing is said of an end, with an empty one null", () => {
  expect(sample([1, 2], { seed: 1 })).not.toHaveProperty("finish_reason");
  expect(sample([1, 2], { seed: 1, stop: {} }).finish_reason).toBe(null);
});

describe("token_ids", () => {
  test.each([
    [[2], 2, "stop_token"],
    [[1, 2, 3], 3, "stop_token"],
    [[1, 3], 2, null],
    [[], 2, null],
  ])("%j, and %i is drawn: %j", (token_ids, drawn, reason) => {
    expect(reasonOf(drawn, { token_ids })).toBe(reason);
  });
});

describe("sequences", () => {
  test.each([
    [[[1, 2]], [1], 2, "stop_sequence"],
    [[[1, 2]], [1, 3], 2, null],
    [
      [
        [9, 9],
        [1, 2],
      ],
      [5, 1],
      2,
      "stop_sequence",
    ],
    [[[2]], [], 2, "stop_sequence"],
    // longer than the text
    [[[0, 1, 2]], [1], 2, null],
    [[[0, 1, 2]], [0, 1], 2, "stop_sequence"],
  ])("%j behind %j, and %i is drawn: %j", (sequences, history, drawn, reason) => {
    expect(reasonOf(drawn, { sequences }, history)).toBe(reason);
  });

  test("the prompt is no part of a sequence", () => {
    expect(reasonOf(2, { sequences: [[1, 2]] }, [1], 1)).toBe(null);
    expect(reasonOf(2, { sequences: [[1, 2]] }, [1, 1], 1)).toBe("stop_sequence");
  });

  test("a sequence holds 1 to 256 tokens", () => {
    const of = (length: number) => ({ stop: { sequences: [Array.from({ length }, () => 1)] } });
    expect(problemOf(() => parseStepOptions(of(0))).pointer).toBe("/stop/sequences/0");
    expect(problemOf(() => parseStepOptions(of(257))).message).toContain("1 to 256 token ids, got 257");
    expect(() => parseStepOptions(of(256))).not.toThrow();
  });
});

describe("max_tokens", () => {
  test.each([
    [3, [1], null],
    [3, [1, 1], "length"],
    [3, [1, 1, 1], "length"],
  ])("%i with %j before: %j", (max_tokens, history, reason) => {
    expect(reasonOf(5, { max_tokens }, history)).toBe(reason);
    expect(reasonOf(5, { max_tokens }, [7, 7, 7, ...history], 3)).toBe(reason);
  });
});

describe("loop", () => {
  test.each([
    [{ max_pattern_size: 1, min_count: 3 }, [4, 4], 4, "loop"],
    [{ max_pattern_size: 1, min_count: 3 }, [4], 4, null],
    [{ max_pattern_size: 2, min_count: 2 }, [1, 2, 1], 2, "loop"],
    [{ max_pattern_size: 1, min_count: 2 }, [1, 2, 1], 2, null],
    [{ max_pattern_size: 2, min_count: 3 }, [2, 1, 2, 1], 2, null],
    // a pattern shorter than the shortest allowed one does not count
    [{ min_pattern_size: 2, max_pattern_size: 3, min_count: 2 }, [5, 4], 4, null],
    [{ min_pattern_size: 2, max_pattern_size: 3, min_count: 2 }, [4, 4, 4], 4, "loop"],
  ])("%j behind %j, and %i is drawn: %j", (loop, history, drawn, reason) => {
    expect(reasonOf(drawn, { loop }, history)).toBe(reason);
  });

  test("the prompt is no part of a pattern", () => {
    expect(reasonOf(4, { loop: { max_pattern_size: 1, min_count: 3 } }, [4, 4], 1)).toBe(null);
  });

  test.each([
    [{ max_pattern_size: 0, min_count: 2 }, "max_pattern_size must lie in [1, 256], got 0"],
    [{ max_pattern_size: 257, min_count: 2 }, "max_pattern_size must lie in [1, 256], got 257"],
    [{ max_pattern_size: 4, min_count: 1 }, "min_count must lie in [2, 32], got 1"],
    [{ max_pattern_size: 4, min_count: 33 }, "min_count must lie in [2, 32], got 33"],
    [{ max_pattern_size: 4, min_pattern_size: 5, min_count: 2 }, "at most max_pattern_size, 4, got 5"],
  ])("%j is refused", (loop, words) => {
    expect(problemOf(() => parseStepOptions({ stop: { loop } })).message).toContain(words);
  });

  test("vLLM's own rule says the same of 2,000 texts", () => {
    const file = new URL("../../vectors/stops/vllm-loop.ndjson", import.meta.url);
    const [, ...lines] = readFileSync(file, "utf8").trim().split("\n");
    expect(lines.length).toBe(2000);
    let due = 0;
    for (const line of lines) {
      const { token_ids, is_repeated, ...loop } = JSON.parse(line) as {
        token_ids: number[];
        is_repeated: boolean;
      };
      const drawn = token_ids.at(-1) as number; // no text is empty
      expect([line, reasonOf(drawn, { loop }, token_ids.slice(0, -1))]).toEqual([
        line,
        is_repeated ? "loop" : null,
      ]);
      due += is_repeated ? 1 : 0;
    }
    expect(due).toBeGreaterThan(250);
  });
});

/** Two tokens: entropy ln 2 when equal, 0 when one is certain. */
const TORN = [0, 0];
const SURE = [0, X];

describe.each([
  ["entropy", { above: 0.6 }, TORN, SURE],
  ["entropy", { below: 0.1 }, SURE, TORN],
  // C = −(1/k) Σ ln p: two equal tokens have ln 2; with a third token that is never drawn, C is larger
  ["confidence", { below: 1, top_k: 2 }, TORN, logitsOf([0.998, 0.002])],
])("%s %j", (name, bounds, due, other) => {
  const stop = { [name]: { ...bounds, window: 3 } };

  test("waits until the window is full, then takes the mean of the last rows", () => {
    const stream = openStream(sampler, { stop, seed: 1 });
    const reasons = [due, due, due, other, other, other, due, due, due].map((row) => {
      const leased = sampler.leaseRow()!;
      leased.load(row);
      leased.finish(undefined);
      const { finish_reason } = stream.next(leased);
      sampler.returnRow(leased);
      return finish_reason;
    });
    expect(reasons).toEqual([null, null, name, ...reasons.slice(3, 8), name]);
    expect(reasons[5]).toBe(null);
  });

  test("a call of its own with the state of the one before says the same as a stream", () => {
    const stream = openStream(sampler, { stop, seed: 1 });
    let state: unknown = null;
    const history: number[] = [];
    for (let step = 0; step < 8; step++) {
      const row = step % 4 === 3 ? other : due;
      const alone = sample(row, { stop, seed: 1, step, history, state });
      const leased = sampler.leaseRow()!;
      leased.load(row);
      leased.finish(undefined);
      expect(JSON.stringify(stream.next(leased))).toBe(JSON.stringify(alone));
      sampler.returnRow(leased);
      history.push(alone.token_id);
      ({ state } = JSON.parse(JSON.stringify(alone)) as { state: unknown });
    }
    expect((state as Record<string, { recent: number[] }>)[name]!.recent.length).toBe(3);
  });

  test("rewinding takes numbers back, and going another way leaves the old states alone", () => {
    const next = (stream: ReturnType<typeof openStream>, row: readonly number[]) => {
      const leased = sampler.leaseRow()!;
      leased.load(row);
      leased.finish(undefined);
      const sampled = stream.next(leased);
      sampler.returnRow(leased);
      return sampled;
    };
    const stream = openStream(sampler, { stop, seed: 1 });
    next(stream, other);
    const kept = next(stream, due);
    const before = JSON.stringify(kept.state);
    const first = JSON.stringify(next(stream, due));
    stream.rewind(1);
    expect(next(stream, other).state).not.toEqual((JSON.parse(first) as { state: unknown }).state);
    stream.rewind(1);
    expect(JSON.stringify(next(stream, due))).toBe(first);
    expect(JSON.stringify(kept.state)).toBe(before);
  });

  test("of a part of a row it is not proven exact", () => {
    const row = sparse(
      [
        [0, 0],
        [1, 0],
      ],
      { vocab_size: 4, max_omitted: -5 },
    );
    expect(sampleSparse(row, { stop, seed: 1, top_k: 1 }).exact).toBe(false);
    const problem = problemOf(() => sampleSparse(row, { stop, seed: 1, top_k: 1, require_exact: true }));
    expect(problem.message).toContain("what stop measures");
  });
});

test("the window holds at most 2048 numbers, and a state is checked", () => {
  const of = (window: number) => ({ stop: { entropy: { below: 1, window } } });
  expect(() => parseStepOptions(of(2048))).not.toThrow();
  expect(problemOf(() => parseStepOptions(of(2049))).message).toContain("[1, 2048], got 2049");
  const state = (recent: unknown) => ({ ...of(2), state: { entropy: { recent } } });
  expect(problemOf(() => parseStepOptions(state([1, null]))).pointer).toBe("/state/entropy/recent/1");
  expect(() => parseStepOptions(state(Array.from({ length: 2048 }, () => 1)))).not.toThrow();
  expect(problemOf(() => parseStepOptions(state(Array.from({ length: 2049 }, () => 1)))).message).toContain(
    "2048",
  );
});

test("entropy needs a bound", () => {
  expect(problemOf(() => parseStepOptions({ stop: { entropy: {} } })).message).toContain("below or above");
});

test("the first in the list that is due names the reason", () => {
  expect(reasonOf(2, { token_ids: [2], max_tokens: 1 })).toBe("stop_token");
  expect(reasonOf(3, { token_ids: [2], max_tokens: 1 })).toBe("length");
});

test("stops and several draws exclude each other", () => {
  expect(problemOf(() => parseStepOptions({ stop: { max_tokens: 3 }, n: 2 })).message).toBe(
    "stop looks at one token, got n 2",
  );
});

test("a state beside that of a stage", () => {
  const { state } = sample([0, 1], { seed: 1, mirostat: 2, stop: { entropy: { below: 1 } } });
  expect(Object.keys(state ?? {})).toEqual(["mirostat", "entropy"]);
});

test("no stop that carries a state has the name of a stage", () => {
  const stages = STAGES.map(({ name }) => name);
  expect(STOPS.filter(({ name, measure }) => measure !== undefined && stages.includes(name))).toEqual([]);
});
