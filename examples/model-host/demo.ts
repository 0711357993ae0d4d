/**
 * `npm run demo`: builds and starts the service, lets the model host write text through it three times (a
 * seed, the same seed again, another seed), and says what it cost. It ends with 1 when the second text is not
 * the first, or when the third is.
 *
 * The first text comes over one stream, the same again with one POST a step, and the demo says what a stream saves.
 */
import { once } from "node:events";
import { stdout } from "node:process";
import { buildService, type RunningService, startService } from "../../evidence/service.ts";
import { count, flag, Misuse, type Option, readWord, run, text } from "../../src/command-line.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { DRAFTERS } from "./drafters.ts";
import { ABOUT_SAMPLING, hostLine, hostOptions, requireTaken, structured } from "./flags.ts";
import { type Generated, generate } from "./generate.ts";
import { loadLayeredModel, loadModel, MODEL_FOLDER, type Model, type Rows } from "./model.ts";
import { type Compared, compare, recorded } from "./replay.ts";
import { describeGain, describeRun } from "./report.ts";
import type { StepFields } from "./row-formats.ts";
import { connectSampler } from "./sampler-client.ts";
import { guidedModel, withRows } from "./sources.ts";
import { describeSpeculation, readingOneByOne, speculate, stepByStep } from "./speculate.ts";
import { connectStream } from "./stream-client.ts";
import { loadTokenizer, type TextCodec } from "./tokenizer.ts";

/** 3 runs of 80 tokens: 12 s where a token takes 50 ms. */
const MAX_TOKENS = 80;
const PROMPT = "The captain looked at the sea, and said to";
const SAMPLING: StepFields = { temperature: 0.8, top_p: 0.95, repetition_penalty: 1.15, seed: 7 };

const DRAFTED_MAX = 4;

const DRAFTER: Option<string | undefined> = {
  about:
    "speculates and compares: with n-grams of the text so far (ngram), or with the model's first layers (early)",
  placeholder: "NAME",
  standard: undefined,
  read: (word) => readWord(word, Object.keys(DRAFTERS)),
};

const { values, sampling: asked } = hostLine({
  name: "npm run demo --",
  about: `Starts the service, runs a small language model beside it, and lets every token of a text be drawn over HTTP: with a seed, with the same seed again, and with another.\n\n${ABOUT_SAMPLING}`,
  options: {
    ...hostOptions(PROMPT, MAX_TOKENS),
    speculate: DRAFTER,
    drafted: count("K", "tokens of a draft at the most", DRAFTED_MAX),
    keep: flag("leaves the service running until Ctrl+C"),
    guidance: text(
      "SCALE",
      "classifier-free guidance: how far from what the model says behind --negative",
      "",
    ),
    negative: text(
      "TEXT",
      "the prompt that guidance leads away from; without it the last token of the prompt",
      "",
    ),
    contrastive: flag("contrasts the model with itself after two of its six layers"),
    dola: flag("contrasts the last layer with the earlier one that lies farthest from it"),
  },
});

interface Host {
  /** writes a text, over a stream or with one POST a step */
  run(sampling: StepFields, how: { readonly show: boolean; readonly posted?: boolean }): Promise<Generated>;
  /** sends the rows of the first text once more, both ways in turn */
  compare(first: Generated, sampling: StepFields): Promise<Compared>;
}

async function main(): Promise<void> {
  const combine = combination();
  const sampling = {
    ...SAMPLING,
    ...(combine && { combine }),
    ...structured(values["json-schema"]),
    ...asked,
  };
  // Told now, not after a build.
  requireTaken(sampling, parseStepOptions);
  say("Building the service, unless it is built, and starting it …");
  await buildService();
  const service = await startService();
  say(`Service   ${service.url} (API pages at ${service.url}/docs)`);
  try {
    if (values.speculate === undefined) await withModel(service, (host) => demonstrate(host, sampling));
    else await speculating(service, values.speculate, sampling);
    if (values.keep) await untilInterrupted(service);
  } finally {
    const code = await service.stop();
    say(
      `The service ended with exit code ${code}. \`npm start\` runs it for you to use; its pages are at /docs.`,
    );
  }
}

async function withModel(service: RunningService, use: (host: Host) => Promise<void>): Promise<void> {
  const { prompt, max_tokens, format } = values;
  const clients = {
    streamed: connectStream(service.url),
    posted: connectSampler(service.url, format),
  };
  const codec = await loadTokenizer(MODEL_FOLDER);
  const { model, rows } = recorded(await modelAsked(codec));
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

/** How the rows of a step are combined, when there are several. */
function combination(): StepFields | undefined {
  const { guidance, contrastive, dola, negative, speculate } = values;
  const rules: StepFields[] = [];
  if (guidance !== "") rules.push({ rule: "guidance", guidance_scale: Number(guidance) });
  if (contrastive) rules.push({ rule: "contrastive" });
  if (dola) rules.push({ rule: "dola" });
  if (rules.length > 1) throw new Misuse("one of --guidance, --contrastive and --dola at a time");
  if (rules.length > 0 && speculate !== undefined) throw new Misuse("drafts are of a model alone");
  if (negative !== "" && guidance === "") throw new Misuse("--negative needs --guidance");
  return rules[0];
}

/** The model, or several rows of it. */
async function modelAsked(codec: TextCodec): Promise<Model<Rows>> {
  if (values.contrastive) return withRows(await loadLayeredModel(MODEL_FOLDER), [0, 1]);
  if (values.dola) return loadLayeredModel(MODEL_FOLDER);
  const model = await loadModel(MODEL_FOLDER);
  return values.guidance === "" ? model : guidedModel(model, codec.encode(values.negative));
}

/** Writes a text with drafts and without, and draws the rows of the first once more one by one. */
async function speculating(service: RunningService, drafter: string, sampling: StepFields): Promise<void> {
  const { prompt, max_tokens, drafted } = values;
  const model = await loadModel(MODEL_FOLDER);
  const codec = await loadTokenizer(MODEL_FOLDER);
  const stream = connectStream(service.url);
  try {
    const seed = sampling["seed"] ?? 0;
    const request = { prompt, max_tokens, drafter, drafted_max: drafted, sampling: { ...sampling, seed } };
    say(`Sampling  ${JSON.stringify(request.sampling)}`);
    const speculated = await speculate(model, codec, service.url, request);
    say(
      `\n${prompt}${speculated.text}\n\nWith drafts of up to ${drafted}: ${describeSpeculation(speculated)}`,
    );
    const tokens = await stepByStep(codec, service.url, request, speculated.rows);
    const same = tokens.join() === speculated.token_ids.join();
    say(`Its rows one by one, without a draft: ${same ? "the same tokens" : "OTHER TOKENS"}.`);
    const plain = await generate(model, codec, stream, request);
    say(`Without drafts: ${describeRun(plain)}`);
    const alike = await speculate(readingOneByOne(model), codec, service.url, request);
    const is_plain = alike.token_ids.join() === plain.token_ids.join();
    say(
      `With drafts that are read one by one, as this model's int8 rows depend on what is read beside them: ${is_plain ? "the same text, to the letter" : `ANOTHER TEXT:\n${alike.text}`}.`,
    );
    if (!same || !is_plain) process.exitCode = 1;
  } finally {
    stream.close();
    await model.close();
  }
}

async function demonstrate(host: Host, sampling: StepFields): Promise<void> {
  say(`Sampling  ${JSON.stringify(sampling)}`);
  const first = await host.run(sampling, { show: true });
  say(`\n\n${describeRun(first)}`);

  const again = await host.run({ ...sampling, seed: first.seed }, { show: false, posted: true });
  const same = again.text === first.text;
  say(
    `\nSeed ${first.seed} again, one POST a step: ${same ? "the same text, to the letter" : `ANOTHER TEXT:\n${again.text}`}`,
  );
  const { streamed_us, posted_us, same: same_rows } = await host.compare(first, sampling);
  // Beside a model that computes, a round trip waits for a core: only without it does it tell what sampling costs.
  say(`Sampling its rows once more, without the model: ${describeGain(streamed_us, posted_us)}`);

  const other_seed = String(BigInt(first.seed) + 1n);
  say(`\nSeed ${other_seed}:`);
  const other = await host.run({ ...sampling, seed: other_seed }, { show: true });
  say("\n");
  const greedy = sampling["temperature"] === 0;
  if (!same || !same_rows || (other.text === first.text && !greedy)) process.exitCode = 1;
}

async function untilInterrupted(service: RunningService): Promise<void> {
  say(`The service stays at ${service.url} until Ctrl+C.`);
  await once(process, "SIGINT");
}

function say(line: string): void {
  stdout.write(`${line}\n`);
}

await run(main);
