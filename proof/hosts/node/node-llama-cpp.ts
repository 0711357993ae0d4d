/** node-llama-cpp: real llama.cpp in Node, with the demo model as GGUF. */
import { readFile } from "node:fs/promises";
import { generateOverStream } from "logit-sampler/node-llama-cpp";
import { getLlama, LlamaLogLevel, type Token } from "node-llama-cpp";
import { claim, client, host, MODEL, measured, OPTIONS, PROMPT, plain, same, TIMED } from "./checks.ts";

const manifest = new URL("../package.json", import.meta.resolve("node-llama-cpp"));
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
const model = await llama.loadModel({ modelPath: `${MODEL}/model.gguf` });
const context = await model.createContext({ contextSize: 256, threads: 1 });
const sequence = context.getSequence();
const prompt = model.tokenize(PROMPT);
const COUNT = 12;
const ENDLESS = { min_tokens: COUNT, stop_token_ids: [0] } as const;
const WIDE = 8192;

async function own(count: number, options: { temperature: number; topK?: number }): Promise<Token[]> {
  await sequence.clearHistory();
  const tokens: Token[] = [];
  for await (const token of sequence.evaluate(prompt, { ...options, yieldEogToken: true })) {
    tokens.push(token);
    if (tokens.length === count) break;
  }
  return tokens;
}

async function ours(options: object, more: { top?: number; max_new_tokens?: number } = {}, read = sequence) {
  await sequence.clearHistory();
  const opened = { ...options, history: prompt, prompt_length: prompt.length };
  const stream = await client.stream(opened);
  const tokens: Token[] = [];
  const given = { sequence: read, stream, tokens: prompt, max_new_tokens: COUNT, ...more };
  for await (const token of generateOverStream(given)) tokens.push(token);
  await stream.close();
  return tokens;
}

host(
  `node-llama-cpp ${JSON.parse(await readFile(manifest, "utf8")).version}, llama.cpp ${llama.llamaCppRelease.release}`,
);

await claim("the GGUF of our script is tokenized as the demo model is", async () => {
  same(prompt, [1100, 1098, 1007, 6996, 667, 261]);
});

await claim("with temperature 0 the stream writes what llama.cpp writes", async () => {
  same(await ours({ temperature: 0 }), await own(COUNT, { temperature: 0 }));
});

await claim("every token is the one that a plain call draws", async () => {
  const rows: Float32Array[] = [];
  const recording: typeof sequence = Object.create(sequence, {
    controlledEvaluate: {
      async value(...given: Parameters<typeof sequence.controlledEvaluate>) {
        const evaluated = await sequence.controlledEvaluate(...given);
        const row = new Float32Array(WIDE);
        for (const [token, logit] of evaluated.at(-1)?.next.logits ?? []) row[token] = logit;
        rows.push(row);
        return evaluated;
      },
    },
  });
  const options = { ...OPTIONS, ...ENDLESS, seed: 7 };
  const tokens = await ours(options, {}, recording);
  same(tokens, await plain(rows, prompt, options));
});

await claim("the 1,024 largest logits as a sparse row draw the same tokens", async () => {
  const options = { ...ENDLESS, temperature: 0.8, top_p: 0.9, seed: 7 };
  same(await ours(options, { top: 1024 }), await ours(options));
});

const timed = 64;
const endless = { min_tokens: timed, stop_token_ids: [0] };
const { temperature, top_k } = TIMED;
const by_own = async () => (await own(timed, { temperature, topK: top_k })).length;
for (const [what, more] of [
  ["whole rows", {}],
  ["the 1,024 largest", { top: 1024 }],
] as const)
  await measured(
    WIDE,
    by_own,
    async () => (await ours({ ...TIMED, ...endless }, { ...more, max_new_tokens: timed })).length,
    what,
  );
await llama.dispose();
