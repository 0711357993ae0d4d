import { afterEach, expect, test } from "vitest";
import { ENGINES, engine } from "../../src/engines/index.ts";
import {
  type Double,
  type Faults,
  llamaServer,
  logprobsBehind,
  openai,
  sglang,
  TOKENS,
  vllm,
} from "./double.ts";

const opened: Double[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

const MAKERS = { "llama-server": llamaServer, vllm, sglang, openai };
type Kind = keyof typeof MAKERS;
const KINDS = Object.keys(MAKERS) as Kind[];
const settings = {
  timeout_ms: 20_000,
  vocab_size: TOKENS.length,
  idOf: (text: string) => (TOKENS.indexOf(text as "") < 0 ? undefined : TOKENS.indexOf(text as "")),
};

async function start(kind: Kind, faults: Faults = {}) {
  const server = await MAKERS[kind](faults);
  opened.push(server);
  return { server, opened: await engine(server.url, settings) };
}

test("every kind in the list has a double", () => {
  expect(ENGINES.map(({ name }) => name)).toEqual(KINDS);
});

test.each(KINDS)("%s: the top three, most likely first, with what is left out bounded", async (kind) => {
  const { opened: known } = await start(kind);
  expect(known.kind).toBe(kind);
  const row = await known.next([3, 1], 3);
  const logprobs = logprobsBehind([3, 1]);
  const best = logprobs.map((value, id) => ({ value, id })).sort((a, b) => b.value - a.value);
  expect([...row.token_ids]).toEqual(best.slice(0, 3).map(({ id }) => id));
  expect([...row.values]).toEqual(best.slice(0, 3).map(({ value }) => value));
  expect(row.max_omitted).toBe(best[2]?.value);
  expect(row.is_whole).toBe(false);
  expect(row.logsumexp).toBe(0);
});

test.each(["llama-server", "vllm", "sglang"] as const)("%s: the whole row", async (kind) => {
  const { opened: known } = await start(kind);
  const row = await known.next([2], "whole");
  expect(row.is_whole).toBe(true);
  expect(row.vocab_size).toBe(TOKENS.length);
  expect([...row.token_ids].sort()).toEqual(TOKENS.map((_, id) => id));
  expect(row.max_omitted).toBe(Number.NEGATIVE_INFINITY);
});

test.each(KINDS)("%s: tells fewer than asked, and the row says that there are no more", async (kind) => {
  const { opened: known } = await start(kind, { most: 2, refuses: true });
  const row = await known.next([2], 4);
  expect(row.token_ids).toHaveLength(2);
  expect(row.is_most).toBe(true);
  expect(row.is_whole).toBe(false);
});

test.each(KINDS)("%s: hidden log-probabilities are a sentence", async (kind) => {
  const { opened: known, server } = await start(kind, { answer: "{}" });
  await expect(known.next([2], 4)).rejects.toThrow(
    `${server.url} hides its log-probabilities: it was asked for the top 4 and told none`,
  );
});

test.each([
  ['{"error":{"message":"context is full"}}', 500, "answered 500: context is full"],
  ["<html>", 200, "answered something else than JSON: <html>"],
  ["", 502, "answered 502: nothing"],
])("an answer of %s with %i is a sentence", async (answer, status, sentence) => {
  const { opened: known } = await start("llama-server", { answer, status });
  await expect(known.next([2], 4)).rejects.toThrow(sentence);
});

test("an engine that never answers is given up", async () => {
  const server = await llamaServer({ silent: true });
  opened.push(server);
  const known = await engine(server.url, { timeout_ms: 2000 });
  await expect(known.next([2], 4)).rejects.toThrow("/completion did not answer within 2000 ms");
});

test("an answer that is longer than it may be is not read", async () => {
  const at = JSON.stringify({ completion_probabilities: "x".repeat(1_048_576 + 640 * 4) });
  const { opened: known } = await start("llama-server", { answer: at });
  await expect(known.next([2], 4)).rejects.toThrow("answered more than the 1051136 bytes that it may");
  const { opened: below } = await start("llama-server", {
    answer: at.replace("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ""),
  });
  await expect(below.next([2], 4)).rejects.toThrow("hides its log-probabilities");
});

const told = (pairs: readonly object[]) =>
  JSON.stringify({ completion_probabilities: [{ top_logprobs: pairs }] });

test.each([
  [told([{ id: -4, logprob: -1 }]), "tells a token id that is none: -4"],
  [told([{ id: 2 ** 24, logprob: -1 }]), "tells a token id that is none: 16777216"],
  [told([{ logprob: -1 }]), "tells a token id that is none: -1"],
  [told([{ id: 1, logprob: 7.5 }]), "tells 7.5 as the log-probability of token 1: these are logits"],
  [
    told([
      { id: 1, logprob: -1 },
      { id: 1, logprob: -2 },
    ]),
    "tells token 1 twice in one distribution",
  ],
])("%s is no distribution", async (answer, sentence) => {
  const { opened: known } = await start("llama-server", { answer });
  await expect(known.next([2], 4)).rejects.toThrow(sentence);
});

test("least numbers stand for no probability", async () => {
  const answer = told([
    { id: 1, logprob: 0 },
    { id: 2, logprob: -3.4028234663852886e38 },
    { id: 3, logprob: null },
  ]);
  const { opened: known } = await start("llama-server", { answer });
  const row = await known.next([2], 4);
  expect([...row.values]).toEqual([0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

test("a text that is no one token bounds what is left out", async () => {
  const answer = JSON.stringify({
    choices: [{ logprobs: { top_logprobs: [{ " cat": -1, " sat": -2, "�": -1.5 }] } }],
  });
  const { opened: known } = await start("openai", { answer });
  const row = await known.next([2], 3);
  expect([...row.token_ids]).toEqual([2, 3]);
  expect(row.max_omitted).toBe(-1.5);
});

test("a server that takes no token ids says so", async () => {
  const answer = `{"error":{"message":"{'loc': ('body', 'prompt', 'str'), 'msg': 'Input should be a valid string'}"}}`;
  const { opened: known, server } = await start("openai", { answer, status: 500 });
  await expect(known.next([2], 4)).rejects.toThrow(
    `${server.url} takes a prompt as text alone, and not as token ids`,
  );
});

test("a server that is no engine, and an address that is none", async () => {
  const server = await (await import("./double.ts")).double({ "/": () => ({}) });
  opened.push(server);
  await expect(engine(server.url)).rejects.toThrow(
    `${server.url} is none of llama-server, vllm, sglang, openai: it has no list of models at /v1/models`,
  );
  await expect(engine("localhost:80")).rejects.toThrow(
    "an engine needs an address such as http://127.0.0.1:8081",
  );
  await expect(engine("http://127.0.0.1:9")).rejects.toThrow("no answer from http://127.0.0.1:9/v1/models");
});

test("an engine that tells texts needs to be told the ids", async () => {
  const server = await openai();
  opened.push(server);
  await expect(engine(server.url)).rejects.toThrow("name its tokenizer.json");
});

test("its own sampler is asked in its own words, and does not have every option", async () => {
  const { opened: known, server } = await start("llama-server");
  await known.own([2], { preset: "llama.cpp", repetition_penalty: 1.1, penalty_last_n: 8, seed: "7" });
  expect(server.asked.at(-1)).toMatchObject({
    prompt: [2],
    repeat_penalty: 1.1,
    repeat_last_n: 8,
    seed: 7,
    post_sampling_probs: true,
  });
  await expect(known.own([2], { eta_cutoff: 1 })).rejects.toThrow(
    "llama-server has no option eta_cutoff; it has",
  );
});

test("what tokens stand for", async () => {
  const { opened: known } = await start("llama-server");
  const { tokens } = (await known.vocabulary?.()) ?? { tokens: [] };
  expect(tokens.map((each) => each && Buffer.from(each).toString())).toEqual([undefined, ...TOKENS.slice(1)]);
  const { opened: other } = await start("vllm");
  expect(other.vocabulary).toBeUndefined();
});

test.each([
  [1, true],
  [2, false],
])("a connection that was lost %i times in a row, where one may be", async (losses, is_answered) => {
  const server = await llamaServer();
  let lost = 0;
  const losing: typeof fetch = async (url, asked) => {
    if (String(url).endsWith("/completion") && lost++ < losses)
      throw new TypeError("fetch failed", {
        cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
      });
    return fetch(url, asked);
  };
  try {
    const opened = await engine(server.url, { fetch: losing });
    const row = opened.next([2], 4);
    if (is_answered) expect((await row).token_ids).toHaveLength(4);
    else await expect(row).rejects.toThrow("/completion: read ECONNRESET");
  } finally {
    await server.close();
  }
});
