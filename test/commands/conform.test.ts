import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Double, type Faults, llamaServer, vllm } from "../engines/double.ts";
import { type Listening, listen } from "../http/listening.ts";
import { run } from "./running.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MODULE = `${ROOT}examples/conformance/sampler.mjs`;
let folder: string;
const opened: (Double | Listening)[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "conform-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  process.exitCode = undefined;
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

/** The source of a module with one function. */
function moduleWith(text: string): string {
  const path = join(folder, `${Math.random()}.mjs`);
  writeFileSync(path, text);
  return path;
}

test("the function that people copy passes, and ends with 0", async () => {
  const text = await run("conform", "--function", `${MODULE}:sample`);
  expect(text).toMatch(/^sample: \d+ passed, (?:\d+ rounding, )?\d+ not supported\n/);
  expect(process.exitCode).toBeUndefined();
});

test("a function that puts the temperature first is found and named, in every form", async () => {
  const path = moduleWith(`import { sample } from ${JSON.stringify(MODULE)};
    export default (row, options) => {
      const chain = [...options.chain].sort((a, b) => (b.stage === "temperature") - (a.stage === "temperature"));
      const min_p = chain.findIndex(({ stage }) => stage === "min_p");
      if (min_p < 0) return sample(row, { chain });
      const kept = sample(row, { chain: chain.slice(0, min_p) });
      if (kept === undefined) return undefined;
      const most = Math.max(...kept.values());
      for (const [id, p] of kept) if (p < chain[min_p].min_p * most) kept.delete(id);
      const logits = row.map((_, id) => (kept.has(id) ? Math.log(kept.get(id)) : -Infinity));
      return sample(logits, { chain: chain.slice(min_p + 1) });
    }`);
  const files = ["json", "markdown", "junit"].flatMap((form) => [`--${form}`, join(folder, form)]);
  const text = await run("conform", "--function", path, "--section", "orders", "--name", "mine", ...files);
  expect(text).toContain("as if temperature came before min_p: explains");
  expect(process.exitCode).toBe(1);
  const json = JSON.parse(readFileSync(join(folder, "json"), "utf8")) as { readonly suspects: unknown[] };
  expect(json).toMatchObject({ name: "mine", passed: false });
  expect(readFileSync(join(folder, "markdown"), "utf8")).toMatch(/^## mine\n\n\| section \| passed \|/);
  expect(readFileSync(join(folder, "junit"), "utf8")).toContain(
    '<failure message="as if temperature came before min_p',
  );
});

test.each([
  ["() => [1]", /a sampler gives the probability of each of the \d+ tokens, got 1 numbers/],
  ["(row) => row.map(() => NaN)", /probabilities is no list of numbers/],
  ["() => new Map([[0, NaN]])", /probabilities is no list of numbers/],
  ["() => new Set([-1])", /kept is neither a list of token ids nor/],
  ['() => "all"', /a sampler gives an array, a Map, a Set or { counts }, got string/],
  ["() => { throw new TypeError('no such thing') }", /TypeError: no such thing/],
])("%s is told of as an error of each case", async (source, sentence) => {
  const path = moduleWith(`export default ${source}`);
  const json = join(folder, "errors");
  await run("conform", "--function", path, "--section", "greedy", "--json", json);
  const { failures } = JSON.parse(readFileSync(json, "utf8")) as { readonly failures: { detail: string }[] };
  expect(failures).toHaveLength(60);
  expect(failures[0]?.detail).toMatch(sentence);
  expect(process.exitCode).toBe(1);
});

test.each([
  [[], /one of --function, --command, --host and a URL says what is tested, got none/],
  [["--host", "logit-sampler", "--command", "true"], /got true and logit-sampler/],
  [["--function", `${MODULE}:other`], /exports no function other; it exports sample/],
  [["--function", "./no-such-file.mjs"], /no-such-file/],
  [["--command", "no-such-program-of-ours"], /no-such-program-of-ours cannot be started/],
  [["--command", "'unclosed"], /quote or backslash of the command has no end/],
  [
    ["--command", `${process.execPath} -e "console.log('Traceback')"`],
    /line 1 of the program is no answer.*Traceback/,
  ],
  [["--host", "logit-sampler", "--section", "order"], /there is no section order; .*did you mean "orders"/],
  [["--host", "logit-sampler", "--vectors", "/nowhere"], /has no vectors/],
] as const)("%j is a misuse", async (words, sentence) => {
  const failed = await run("conform", ...words).catch((error: unknown) => error);
  expect(failed).toMatchObject({ message: expect.stringMatching(sentence) as string });
  expect((failed as Error).constructor.name).toBe("Misuse");
});

test("a running service is sent the rows", async () => {
  const service = await listen({ rows_max: 16 });
  opened.push(service);
  const words = ["combinations", "verify"].flatMap((name) => ["--section", name]);
  const text = await run("conform", service.url, ...words);
  expect(text).toMatch(/^logit-sampler at http.*: \d+ passed(?:, \d+ not supported)?\n/);
  expect(text).toMatch(/ verify +250 passed/);
  expect(process.exitCode).toBeUndefined();
});

async function engine(maker: (faults?: Faults) => Promise<Double>, faults: Faults = {}): Promise<string> {
  const server = await maker(faults);
  opened.push(server);
  return server.url;
}

test("a running engine is audited: the double has no typical_p, top_n_sigma and logit_bias, and nothing else differs", async () => {
  const text = await run("conform", await engine(llamaServer), "--prompt-ids", "[3,1]");
  expect(text).toMatch(/^llama-server b1-double at .*: 20 passed, 4 failed\n/);
  expect(text).toContain("as if typical_p were ignored: explains 2 (such as live-012, live-013)");
  expect(text).toContain("as if logit_bias were ignored: explains 1 (such as live-015)");
  expect(process.exitCode).toBe(1);
});

test("stages that vLLM's preset lacks are not supported", async () => {
  const text = await run("conform", await engine(vllm), "--prompt-ids", "[3,1]");
  expect(text).toMatch(/^vllm .* at .*: 20 passed, 1 failed, 3 not supported/);
});

test("an engine of another order is found and named, and one that ignores seeds", async () => {
  const order = ["temperature", "top_k", "top_p", "min_p"] as const;
  const words = ["--prompt-ids", "[3,1]", "--section", "live: orders"];
  const text = await run("conform", await engine(llamaServer, { order }), ...words);
  expect(text).toMatch(/failed/);
  expect(text).toMatch(/as if temperature came before|as if \w+ came before|came after temperature/);
  expect(process.exitCode).toBe(1);
  const seeds = await run(
    "conform",
    await engine(vllm, { ignores_seeds: true }),
    ...["--prompt-ids", "[3,1]", "--section", "live: draws"],
  );
  expect(seeds).toContain("as if the seed were ignored: explains 1");
});

test("a section that an engine does not have", async () => {
  const failed = run("conform", await engine(llamaServer), "--section", "orders");
  await expect(failed).rejects.toThrow("there is no section orders of a running engine");
});

test("nothing that listens is told in a sentence", async () => {
  await expect(run("conform", "http://127.0.0.1:9")).rejects.toThrow(/127\.0\.0\.1:9/);
});
