/**
 * A tool call: a model writes what it likes until it calls a tool, and from there on what the tool's schema says.
 *
 *   npx tsx examples/structured/tool-call.ts
 *
 * The grammar of tool-call.json is lazy: it holds after the text `<tool_call>`. A model that was trained for tools writes
 * that by itself; the demo model was not, so that here the host puts it after what was written, as one does that wants a
 * call. The sampler is the library, in this process; a stream of the service takes the same options and the same tokens.
 */
import { readFile } from "node:fs/promises";
import { stdout } from "node:process";
import { commandLine, count, run, text } from "../../src/command-line.ts";
import { createSampler, demoVocabulary, openStream, vocabulariesOf } from "../../src/index.ts";
import { loadModel, MODEL_FOLDER } from "../model-host/model.ts";
import { incrementalDecoder, loadTokenizer } from "../model-host/tokenizer.ts";

const TRIGGER = "<tool_call>";
/** A call of tool-call.json is complete before. */
const CALL_TOKENS_MAX = 80;

const { values } = commandLine({
  name: "npx tsx examples/structured/tool-call.ts",
  about: "Lets the demo model write freely, and then a tool call that its schema admits.",
  options: {
    prompt: text("TEXT", "what the model continues", "The captain asked what the weather was like, and"),
    free: count("N", "tokens that it writes before the call", 16),
    seed: count("N", "of the randomness", 7),
  },
});

await run(async () => {
  const grammar: unknown = JSON.parse(await readFile(new URL("tool-call.json", import.meta.url), "utf8"));
  const codec = await loadTokenizer(MODEL_FOLDER);
  const model = await loadModel(MODEL_FOLDER);
  const vocabularies = vocabulariesOf([demoVocabulary()]);
  const sampler = createSampler({ vocab_size_max: model.vocab_size }, undefined, { vocabularies });
  const history = codec.encode(values.prompt);
  const stream = openStream(sampler, {
    ...{ vocabulary: "demo", grammar: grammar as Record<string, unknown> }, // checked by the stream
    ...{ temperature: 0.8, top_p: 0.95, seed: values.seed },
    ...{ history, prompt_length: history.length },
  });
  const sequence = model.startSequence();
  const completed = incrementalDecoder(codec);
  const show = (token_id: number) => stdout.write(completed(token_id));

  stdout.write(values.prompt);
  let unread: readonly number[] = history;
  for (let i = 0; i < values.free; i++) {
    const { token_id } = stream.next(await sequence.step(unread));
    show(token_id);
    unread = [token_id];
  }
  // The model reads the trigger like any other tokens, after the one that it has not read yet.
  const trigger = codec.encode(TRIGGER);
  stream.accept(trigger);
  trigger.forEach(show);
  unread = [...unread, ...trigger];
  for (let i = 0; i < CALL_TOKENS_MAX; i++) {
    const { token_id, finish_reason } = stream.next(await sequence.step(unread));
    show(token_id);
    unread = [token_id];
    if (finish_reason === "grammar") break;
  }
  stdout.write("\n");
  await model.close();
});
