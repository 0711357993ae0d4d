/**
 * The model host as a program: continues a prompt with the demo model and a sampling service that runs
 * elsewhere, for instance
 *
 *   npx tsx examples/model-host/main.ts --url http://127.0.0.1:8080 --prompt "The whale" --temperature 0.8 --seed 7
 *
 * Host flags: --url --prompt --max_tokens --format (binary, json or base64). All others are sampling options.
 */
import { stdout } from "node:process";
import { countFlag, parseFlags, rowFormatFlag } from "./flags.ts";
import { generate } from "./generate.ts";
import { loadModel, MODEL_FOLDER } from "./model.ts";
import { describeRun } from "./report.ts";
import { connectSampler } from "./sampler-client.ts";
import { loadTokenizer } from "./tokenizer.ts";

async function main(words: readonly string[]): Promise<void> {
  const flags = parseFlags(words, ["url", "prompt", "max_tokens", "format"]);
  const prompt = flags.host.get("prompt") ?? "It was a fine morning, and";
  const max_tokens = countFlag(flags, "max_tokens", 80);
  const sampler = connectSampler(flags.host.get("url") ?? "http://127.0.0.1:8080", rowFormatFlag(flags));
  const model = await loadModel(MODEL_FOLDER);
  const codec = await loadTokenizer(MODEL_FOLDER);
  try {
    stdout.write(prompt);
    const onText = (fresh: string) => stdout.write(fresh);
    const run = await generate(model, codec, sampler, {
      prompt,
      max_tokens,
      sampling: flags.sampling,
      onText,
    });
    stdout.write(`\n\n${describeRun(run)}\n`);
  } finally {
    sampler.close();
    await model.close();
  }
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
