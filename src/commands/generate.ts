/** `logit-sampler generate`: writes a text with a running engine's model and this package's sampler. */
import { count, flag, Misuse, text, texts } from "../command-line.ts";
import type { Engine } from "../engines/index.ts";
import { createSampler, openStream } from "../library.ts";
import { parseStepOptions } from "../sampling/options/step-options.ts";
import { vocabulariesOf } from "../vocabulary/vocabularies.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { type Command, commandFrom } from "./command.ts";
import { GenerateOutput } from "./engines/generate-output.ts";
import { requireOneNumbering } from "./engines/numbering.ts";
import {
  ENGINE_WORDS,
  namedVocabulary,
  openEngines,
  paired,
  plainly,
  toldVocabulary,
} from "./engines/opening.ts";
import { SAMPLING_WORDS, samplingOptions, withDashes } from "./engines/sampling-words.ts";
import { type Source, Writer } from "./engines/writer.ts";
import { configuredKeys } from "./rows/drawing.ts";
import { interruptible } from "./rows/signals.ts";
import { jsonOption } from "./rows/words.ts";

const OWN = {
  engine: texts("URL", "a running llama-server, vLLM, SGLang or other server with log-probabilities"),
  ...ENGINE_WORDS,
  "max-tokens": count("N", "maximum number of tokens", 128),
  top: count(
    "N",
    "number of most likely tokens to request at first; more are requested when they are too few",
    50,
  ),
  json: flag("writes one line of JSON per token: the reply of /v1/sample with `exact`, times and counts"),
  options: text("JSON", "options of a step, as /v1/sample takes them: JSON, or @FILE", "{}"),
};

/** The vocabulary size that is assumed when the engine does not report it. */
const VOCAB_SIZE = 262_144;

const TABLE = commandFrom(
  {
    name: "generate",
    about:
      'Writes a text with the model of a running engine and the sampler of this package: each step asks the engine for the distribution of the next token, draws here, and sends the token back. Nothing is installed in the engine. With --combine, several --engine are combined.\n\nOptions of the sampler are those of docs/samplers.md: --top-p 0.95, --grammar @grammar.json, --combine \'{"rule": "contrastive"}\'.',
    // Without this, options of the sampler would replace the command's own.
    options: { ...OWN, ...SAMPLING_WORDS },
    epilogue: `Examples:

  logit-sampler generate --engine http://127.0.0.1:8081 --prompt "Once upon a time" --temperature 0.8 --top-p 0.95 --seed 7
  logit-sampler generate --engine http://127.0.0.1:8081 --engine http://127.0.0.1:8082 --combine contrastive --prompt "The answer is"
  logit-sampler generate --engine http://127.0.0.1:8081 --prompt "A person as JSON: " --grammar '{"json": true}' --json`,
  },
  async ({ values }) => {
    const words = values as { readonly [Name in keyof typeof OWN]: (typeof OWN)[Name]["standard"] };
    const given = samplingOptions(values, jsonOption("--options", words.options));
    if (words.engine.length === 0) throw new Misuse("which engine? --engine http://127.0.0.1:8081");
    const output = new GenerateOutput(words.json, words.quiet);
    const place = () => `token ${output.tokens}`;
    try {
      await interruptible(place, (abort) => plainly(() => write(words, given, output, abort)));
    } finally {
      output.end();
    }
  },
);

export const GENERATE: Command = { ...TABLE, run: (words) => TABLE.run(withDashes(words)) };

type Words = { readonly [Name in keyof typeof OWN]: (typeof OWN)[Name]["standard"] };
type Given = Readonly<Record<string, unknown>>;

async function write(words: Words, given: Given, output: GenerateOutput, signal: AbortSignal): Promise<void> {
  const named = namedVocabulary(words);
  const options = parseStepOptions(given);
  const engines = await openEngines(words.engine, words, named);
  const sources = await sourcesOf(engines, words, signal);
  const first = sources[0] as Source; // paired makes one at the least
  const reads_text =
    options.stops !== undefined || options.chain.some(({ stage }) => stage.readsText === true);
  const vocabulary = named ?? (reads_text ? await toldVocabulary(first.engine, signal) : undefined);
  const sampler = samplerFor(sources, vocabulary);
  const stream = openStream(sampler, {
    ...given,
    history: first.prompt,
    prompt_length: first.prompt.length,
  });
  await output.run({
    writer: new Writer(sources, sampler, stream, words.top),
    source: first,
    sources,
    vocabulary,
    tokens_max: tokensMax(words["max-tokens"], sources),
    seed: stream.seed,
    signal,
  });
}

async function sourcesOf(engines: readonly Engine[], words: Words, signal: AbortSignal): Promise<Source[]> {
  const ids = words["prompt-ids"];
  if ((ids === undefined) === (words.prompt.length === 0))
    throw new Misuse(
      `one of --prompt and --prompt-ids must be given, got ${ids === undefined ? "neither" : "both"}`,
    );
  if (ids !== undefined) {
    const prompt = jsonOption("--prompt-ids", ids) as readonly number[]; // the history's schema says when it is none
    return engines.map((engine) => ({ engine, prompt }));
  }
  const sources = await Promise.all(
    paired(engines, words.prompt).map(async ([engine, prompt]) => ({
      engine,
      prompt: await engine.tokenize(prompt, { signal }),
    })),
  );
  await requireOneNumbering(engines, words.prompt[0] as string, signal); // there is one: just looked at
  const empty = sources.findIndex(({ prompt }) => prompt.length === 0);
  if (empty >= 0)
    throw new Error(`the prompt of ${sources[empty]?.engine.url} has no tokens: give it a text`);
  return sources;
}

function samplerFor(sources: readonly Source[], vocabulary: Vocabulary | undefined) {
  const sizes = sources.map(({ engine }) => engine.facts.vocab_size ?? vocabulary?.size ?? VOCAB_SIZE);
  const limits = { vocab_size_max: Math.max(...sizes), rows_max: sources.length };
  const vocabularies = vocabulary && vocabulariesOf([vocabulary], vocabulary.name);
  return createSampler(limits, () => performance.now() * 1000, {
    keys: configuredKeys(),
    ...(vocabularies && { vocabularies }),
  });
}

/** The requested number of tokens, or the number for which every engine's context has room. */
function tokensMax(asked: number, sources: readonly Source[]): number {
  const rooms = sources.map(({ engine, prompt }) => (engine.facts.context_tokens_max ?? 1e9) - prompt.length);
  const room = Math.min(...rooms);
  if (room < 1)
    throw new Error(
      `the prompt must leave room in the engine's context, got ${Math.max(...sources.map(({ prompt }) => prompt.length))} tokens`,
    );
  return Math.min(asked, room);
}
