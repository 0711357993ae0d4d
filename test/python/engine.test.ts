import { expect, test } from "vitest";
import { llamaServer, sglang, vllm } from "../engines/double.ts";
import { listen } from "../http/listening.ts";
import { runPython, whyNoPython } from "./python.ts";

const missing = whyNoPython();

test(`running engines are sources of rows in Python${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
  skip: missing !== undefined,
  timeout: 60_000,
}, async () => {
  const app = await listen({ vocab_size_max: 70_000 });
  const [llama, vllm_server, few, sglang_server, hidden] = await Promise.all([
    llamaServer(),
    vllm(),
    vllm({ most: 2, refuses: true }),
    sglang(),
    llamaServer({ answer: "{}" }),
  ]);
  const engines = {
    LLAMA_URL: llama.url,
    VLLM_URL: vllm_server.url,
    FEW_URL: few.url,
    SGLANG_URL: sglang_server.url,
    HIDDEN_URL: hidden.url,
  };
  try {
    expect(await runPython("test/python/engine_test.py", app.url, engines)).toMatch(/\nOK/);
  } finally {
    await Promise.all([app, llama, vllm_server, few, sglang_server, hidden].map((each) => each.close()));
  }
});
