/**
 * Recorded answers of the hosts' own code (transformers, vLLM, onnxruntime-genai) and of two ports (TensorRT-LLM,
 * llama.cpp): `npm run proof:beams -- --record` writes them, and this test checks them without Python.
 */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Searcher } from "../../../evidence/beam-search.ts";
import { type Answer, type Asked, asTold, ownRow, verdictOf } from "../../../proof/beams/searches.ts";

const HOSTS = ["transformers", "vllm", "onnxruntime_genai", "tensorrt_llm", "llama_cpp"];

test.each(HOSTS)("%s: the same sequences and scores", (host) => {
  const file = new URL(`../../../evidence/beam-answers/${host}.jsonl`, import.meta.url);
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  expect(lines.length).toBeGreaterThan(100);
  const searcher = new Searcher();
  for (const line of lines) {
    const { theirs, ...asked } = JSON.parse(line) as Asked & { readonly theirs: Answer };
    const found = searcher.search(asked.world, asked.beam, ownRow(asked.row));
    const sequences = asTold(host, asked, found.sequences);
    expect({ line, verdict: verdictOf(sequences, theirs) }).toEqual({ line, verdict: "same" });
  }
});
