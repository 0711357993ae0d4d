/**
 * The model host as a program: continues a prompt with the demo model and a sampling service that runs
 * elsewhere, for instance
 *
 *   npx tsx examples/model-host/main.ts --url http://127.0.0.1:8080 --prompt "The whale" --temperature 0.8 --seed 7
 */
import { stdout } from "node:process";
import { run, text } from "../../src/command-line.ts";
import { ABOUT_SAMPLING, hostLine, hostOptions, structured } from "./flags.ts";
import { generate } from "./generate.ts";
import { loadModel, MODEL_FOLDER } from "./model.ts";
import { describeRun, describeSampling } from "./report.ts";
import { connectSampler } from "./sampler-client.ts";
import { loadTokenizer } from "./tokenizer.ts";

const { values, sampling: asked } = hostLine({
  name: "npx tsx examples/model-host/main.ts",
  about: `Continues a prompt with the demo model; every token is drawn by a service that runs elsewhere.\n\n${ABOUT_SAMPLING}`,
  options: {
    url: text("URL", "where the service is", "http://127.0.0.1:8080"),
    ...hostOptions("It was a fine morning, and", 80),
  },
});

async function main(): Promise<void> {
  const { prompt, max_tokens } = values;
  const sampling = { ...structured(values["json-schema"]), ...asked };
  const sampler = connectSampler(values.url, values.format);
  const model = await loadModel(MODEL_FOLDER);
  const codec = await loadTokenizer(MODEL_FOLDER);
  try {
    stdout.write(prompt);
    const onText = (fresh: string) => stdout.write(fresh);
    const written = await generate(model, codec, sampler, { prompt, max_tokens, sampling, onText });
    stdout.write(`\n\n${describeRun(written)}\n${describeSampling(written)}\n`);
  } finally {
    sampler.close();
    await model.close();
  }
}

await run(main);
