import { afterEach, expect, test, vi } from "vitest";
import { Interrupted } from "../../src/commands/rows/interrupted.ts";
import { standardOutput } from "../../src/commands/rows/output.ts";
import { createSampler, openStream } from "../../src/index.ts";
import { type Double, type Faults, llamaServer, logprobsBehind, TOKENS, vllm } from "../engines/double.ts";
import { run, said } from "./running.ts";

const opened: Double[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

async function started(maker: (faults?: Faults) => Promise<Double>, faults: Faults = {}): Promise<Double> {
  const server = await maker(faults);
  opened.push(server);
  return server;
}

const PROMPT = [3, 1];
const words = (server: Double) => ["--engine", server.url, "--prompt-ids", JSON.stringify(PROMPT)];

/** The tokens drawn from whole rows. */
function fromWholeRows(options: object, tokens: number): number[] {
  const stream = openStream(createSampler(), { ...options, history: PROMPT, prompt_length: PROMPT.length });
  return Array.from(
    { length: tokens },
    () => stream.next(Float32Array.from(logprobsBehind(stream.history))).token_id,
  );
}

interface Line {
  readonly token_id: number;
  readonly exact: boolean;
  readonly told: readonly number[];
  readonly text: string;
  readonly finish_reason: string | null;
}

const linesOf = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

test.each([
  ["--temperature", "0.8", "--top-p", "0.8", "--seed", "7"],
  ["--top-k", "2", "--seed", "9"],
  ["--temperature", "1.5", "--seed", "5"],
  ["--typical-p", "0.7", "--seed", "3"],
])("the tokens are those of whole rows, and said to be: %s %s %s %s", async (...sampling) => {
  const server = await started(llamaServer);
  const out = await run(
    "generate",
    ...words(server),
    ...sampling,
    "--top",
    "3",
    "--max-tokens",
    "30",
    "--json",
  );
  const lines = linesOf(out);
  const options = Object.fromEntries(
    Array.from({ length: sampling.length / 2 }, (_, i) => [
      sampling[2 * i]?.slice(2).replaceAll("-", "_"),
      Number(sampling[2 * i + 1]),
    ]),
  );
  expect(lines.map(({ token_id }) => token_id)).toEqual(fromWholeRows(options, lines.length));
  expect(lines.every(({ exact }) => exact)).toBe(true);
});

test("a row that is not proven is asked for again with more, and the next step begins there", async () => {
  const server = await started(llamaServer);
  const all = ["--temperature", "1.5", "--seed", "5", "--top", "3", "--max-tokens", "4", "--json"];
  const lines = linesOf(await run("generate", ...words(server), ...all));
  expect(server.asked.map(({ n_probs }) => n_probs)).toEqual([3, 8, 8, 8, 8]);
  expect(lines.map(({ told }) => told)).toEqual([[8], [8], [8], [8]]);
  const one = await started(llamaServer);
  await run("generate", ...words(one), "--top-k", "1", "--top", "2", "--max-tokens", "3");
  expect(one.asked.map(({ n_probs }) => n_probs)).toEqual([2, 2, 2]);
});

test("an engine that tells too few is said not to be exact", async () => {
  const server = await started(vllm, { most: 2, refuses: true });
  const all = ["--temperature", "1.5", "--seed", "5", "--max-tokens", "3", "--json"];
  const lines = linesOf(await run("generate", ...words(server), ...all));
  expect(lines.map(({ exact }) => exact)).toEqual([false, false, false]);
  expect(said()).toContain("3 tokens");
  expect(said()).toContain("0 exact");
});

test("text goes out as it comes, without the token that ends it", async () => {
  const server = await started(llamaServer);
  const all = ["--seed", "1", "--temperature", "0", "--max-tokens", "6"];
  const out = await run("generate", ...words(server), ...all);
  const ids = fromWholeRows({ temperature: 0 }, 6);
  expect(out).toBe(`${ids.map((id) => TOKENS[id]).join("")}\n`);
  expect(said()).toContain("ended by max_tokens");
  const other = await started(vllm);
  expect(await run("generate", ...words(other), ...all)).toBe(out);
});

test("a token that ends the text ends it", async () => {
  const server = await started(llamaServer);
  const all = ["--logit-bias", '{"0": 100}', "--max-tokens", "6", "--json"];
  const lines = linesOf(await run("generate", ...words(server), ...all));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ token_id: 0, text: "", finish_reason: "end_token" });
});

test("grammars and stops have the engine's vocabulary", async () => {
  const server = await started(llamaServer);
  const grammar = ["--grammar", '{"regex": "( the cat)+\\\\."}', "--max-tokens", "20", "--seed", "3"];
  expect(await run("generate", ...words(server), ...grammar)).toMatch(/^( the cat)+\.\n$/);
  const stopped = [
    "--stop",
    '{"strings": [" mat"]}',
    "--temperature",
    "3",
    "--seed",
    "3",
    "--max-tokens",
    "60",
  ];
  expect(await run("generate", ...words(server), ...stopped)).not.toContain("mat");
  expect(said()).toContain("ended by stop");
});

test("two engines become one row", async () => {
  const servers = [await started(llamaServer), await started(vllm)];
  const engines = servers.flatMap(({ url }) => ["--engine", url]);
  const all = ["--prompt-ids", "[3,1]", "--combine", "mixture", "--seed", "7", "--max-tokens", "9", "--json"];
  const lines = linesOf(await run("generate", ...engines, ...all));
  // A mixture of a row with itself is that row.
  expect(lines.map(({ token_id }) => token_id)).toEqual(fromWholeRows({ seed: 7 }, 9));
  expect(lines[0]?.told).toHaveLength(2);
});

test("one engine with two prompts guides a text", async () => {
  const server = await started(llamaServer);
  const guided = ["--prompt", "abc", "--prompt", "x", "--combine", '{"rule":"guidance","guidance_scale":2}'];
  await run("generate", "--engine", server.url, ...guided, "--seed", "7", "--max-tokens", "2");
  const prompts = server.asked.map(({ prompt }) => (prompt as number[]).length);
  expect(new Set(prompts)).toEqual(new Set([3, 1, 4, 2]));
});

test.each([
  [["--prompt", "a"], "which engine?"],
  [["--engine", "http://127.0.0.1:1", "--prompt", "a", "--top-q", "1"], "there is no option --top-q"],
])("words that are none: %j", async (given, sentence) => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Error("exited");
  });
  try {
    await run("generate", ...given).then(
      () => expect.unreachable(),
      (error: Error) => expect(`${error.message} ${said()}`).toContain(sentence),
    );
  } finally {
    exit.mockRestore();
  }
});

test("an option that the sampler refuses is told before anything is asked", async () => {
  const server = await started(llamaServer);
  await expect(run("generate", ...words(server), "--top-p", "2")).rejects.toThrow(
    "top_p must lie in [0, 1], got 2",
  );
  expect(server.asked).toEqual([]);
});

test("engines that number tokens otherwise are not combined", async () => {
  const one = await started(llamaServer);
  const other = await started(async () =>
    (await import("../engines/double.ts")).double({
      "/v1/models": () => ({ data: [{ id: "m", owned_by: "llamacpp", meta: { n_vocab: 8 } }] }),
      "/props": () => ({}),
      "/tokenize": () => ({ tokens: [7, 7] }),
    }),
  );
  const engines = ["--engine", one.url, "--engine", other.url, "--combine", "mixture", "--prompt", "ab"];
  await expect(run("generate", ...engines)).rejects.toThrow(
    `${other.url} numbers the tokens of the prompt otherwise than ${one.url}`,
  );
});

test("Ctrl+C ends the text where it is", async () => {
  const server = await started(llamaServer);
  const running = run(
    "generate",
    ...words(server),
    "--seed",
    "1",
    "--logit-bias",
    '{"0": -100}',
    "--max-tokens",
    "60",
  );
  const told = expect(running).rejects.toThrow(Interrupted);
  await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(2), { interval: 1 });
  process.emit("SIGINT", "SIGINT");
  await told;
  const asked = server.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.asked.length).toBeLessThanOrEqual(asked + 1); // one may have been on its way
  expect(process.listenerCount("SIGINT")).toBe(0);
});

test("a reader that is gone ends the run without a word of it", async () => {
  const server = await started(llamaServer);
  const { GENERATE } = await import("../../src/commands/generate.ts");
  const write = vi.spyOn(standardOutput, "write").mockImplementation(() => {
    throw Object.assign(new Error("EPIPE: broken pipe, write"), { code: "EPIPE", syscall: "write" });
  });
  try {
    await GENERATE.run([...words(server), "--seed", "1", "--quiet"]);
    expect(write).toHaveBeenCalledTimes(1);
    expect(server.asked).toHaveLength(1);
  } finally {
    write.mockRestore();
  }
});
