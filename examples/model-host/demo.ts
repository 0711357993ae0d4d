/**
 * `npm run demo`: builds and starts the service, lets the model host write text through it three times (a
 * seed, the same seed again, another seed), and says what it cost. It ends with 1 when the second text is not
 * the first, or when the third is.
 *
 * The first text comes over one stream, the same again with one POST a step, and the demo says what a stream saves.
 *
 * Flags: --prompt, --max_tokens, --format (of the POSTs: binary, json or base64), --keep (leave the service running until
 * Ctrl-C); all others are sampling options and go to the service as they stand.
 */
import { once } from "node:events";
import { stdout } from "node:process";
import { buildService, type RunningService, startService } from "../../scripts/service.ts";
import { countFlag, type Flags, parseFlags, rowFormatFlag } from "./flags.ts";
import { type Generated, generate } from "./generate.ts";
import { loadModel, MODEL_FOLDER } from "./model.ts";
import { type Compared, compare, recorded } from "./replay.ts";
import { describeGain, describeRun } from "./report.ts";
import type { StepFields } from "./row-formats.ts";
import { connectSampler } from "./sampler-client.ts";
import { connectStream } from "./stream-client.ts";
import { loadTokenizer } from "./tokenizer.ts";

/** 3 runs of 80 tokens: 12 s where a token takes 50 ms. */
const MAX_TOKENS = 80;
const PROMPT = "The captain looked at the sea, and said to";
const SAMPLING: StepFields = { temperature: 0.8, top_p: 0.95, repetition_penalty: 1.15, seed: 7 };

interface Host {
  /** writes a text, over a stream or with one POST a step */
  run(sampling: StepFields, how: { readonly show: boolean; readonly posted?: boolean }): Promise<Generated>;
  /** sends the rows of the first text once more, both ways in turn */
  compare(first: Generated, sampling: StepFields): Promise<Compared>;
}

async function main(words: readonly string[]): Promise<void> {
  const flags = parseFlags(words, ["prompt", "max_tokens", "format", "keep"]);
  say("Building and starting the service …");
  await buildService();
  const service = await startService();
  say(`Service   ${service.url} (API pages at ${service.url}/docs)`);
  try {
    await withModel(service, flags, demonstrate(flags));
    if (flags.host.has("keep")) await untilInterrupted(service);
  } finally {
    const code = await service.stop();
    say(
      `The service ended with exit code ${code}. \`npm start\` runs it for you to use; its pages are at /docs.`,
    );
  }
}

async function withModel(
  service: RunningService,
  flags: Flags,
  use: (host: Host) => Promise<void>,
): Promise<void> {
  const max_tokens = countFlag(flags, "max_tokens", MAX_TOKENS);
  const prompt = flags.host.get("prompt") ?? PROMPT;
  const clients = {
    streamed: connectStream(service.url),
    posted: connectSampler(service.url, rowFormatFlag(flags)),
  };
  const { model, rows } = recorded(await loadModel(MODEL_FOLDER));
  const codec = await loadTokenizer(MODEL_FOLDER);
  say(`Model     ${model.vocab_size} logits a step, each row a frame of POST /v1/stream`);
  try {
    await use({
      run(sampling, { show, posted = false }) {
        if (show) stdout.write(`\n${prompt}`);
        const onText = (fresh: string) => (show ? stdout.write(fresh) : undefined);
        const client = posted ? clients.posted : clients.streamed;
        return generate(model, codec, client, { prompt, max_tokens, sampling, onText });
      },
      compare(first, sampling) {
        const steps = first.round_trip_us.length;
        const request = { prompt, max_tokens: steps, sampling: { ...sampling, seed: first.seed } };
        return compare({ model, codec, rows: rows.slice(0, steps) }, clients, request);
      },
    });
  } finally {
    clients.streamed.close();
    clients.posted.close();
    await model.close();
  }
}

function demonstrate(flags: Flags): (host: Host) => Promise<void> {
  const sampling = { ...SAMPLING, ...flags.sampling };
  return async (host) => {
    say(`Sampling  ${JSON.stringify(sampling)}`);
    const first = await host.run(sampling, { show: true });
    say(`\n\n${describeRun(first)}`);

    const again = await host.run({ ...sampling, seed: first.seed }, { show: false, posted: true });
    const same = again.text === first.text;
    say(
      `\nSeed ${first.seed} again, one POST a step: ${same ? "the same text, to the letter" : `ANOTHER TEXT:\n${again.text}`}`,
    );
    const { streamed_us, posted_us, same: same_rows } = await host.compare(first, sampling);
    say(`The same rows without the model, on the stream: ${describeGain(streamed_us, posted_us)}`);

    const other_seed = String(BigInt(first.seed) + 1n);
    say(`\nSeed ${other_seed}:`);
    const other = await host.run({ ...sampling, seed: other_seed }, { show: true });
    say("\n");
    const greedy = sampling.temperature === 0;
    if (!same || !same_rows || (other.text === first.text && !greedy)) process.exitCode = 1;
  };
}

async function untilInterrupted(service: RunningService): Promise<void> {
  say(`The service stays at ${service.url} until Ctrl-C.`);
  await once(process, "SIGINT");
}

function say(line: string): void {
  stdout.write(`${line}\n`);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
