/**
 * The worker that runs the demo model and its tokenizer beside the page, so that the page never waits for them. It
 * is the only part of the playground that may compile WebAssembly.
 */
import { Tokenizer } from "@huggingface/tokenizers";
import { env, InferenceSession } from "onnxruntime-web/wasm";
import { cutModel, outputsOf } from "../../../examples/model-host/cut-model.ts";
import { type DemoFiles, downloadDemo } from "./download.ts";
import { createModel, type LanguageModel, type ModelConfig } from "./language-model.ts";
import type { FromWorker, Loaded, ToWorker } from "./messages.ts";

interface Ready {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** its first layers only, created at the first request for them */
  readonly early: () => Promise<LanguageModel>;
}

/** How many those are. */
const EARLY_LAYERS = 4;

let ready: Ready | undefined;
/** Resolves when the question before is answered: the model reads for one text at a time. */
let turn: Promise<void> = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  turn = turn
    .then(() => answer(data))
    .catch((error: unknown) => {
      say({ kind: "failed", id: data.id, sentence: error instanceof Error ? error.message : String(error) });
    });
});

async function answer(message: ToWorker): Promise<void> {
  if (message.kind === "load") return say({ kind: "done", id: message.id, result: await load() });
  if (ready === undefined) throw new Error("the model is not loaded");
  if (message.kind === "encode")
    return say({ kind: "done", id: message.id, result: ready.tokenizer.encode(message.text).ids });
  const model = message.kind === "early" ? await ready.early() : ready.model;
  const logits = await model.logitsAfter(message.token_ids, message.prompt_length);
  say({ kind: "done", id: message.id, result: logits }, [logits.buffer]);
}

function say(message: FromWorker, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

async function load(): Promise<Loaded> {
  const files = await downloadDemo((loaded, total) => say({ kind: "progress", loaded, total }));
  const json = (name: "config.json" | "tokenizer.json") => JSON.parse(new TextDecoder().decode(files[name]));
  const config = json("config.json") as ModelConfig;
  // one thread needs no shared memory, for which browsers require headers that would block other content
  env.wasm.numThreads = 1;
  env.wasm.wasmBinary = files["runtime.wasm"];
  const tokenizer = new Tokenizer(json("tokenizer.json"), {});
  const session = await InferenceSession.create(files["model.onnx"], { executionProviders: ["wasm"] });
  const model = createModel(session, config);
  let early: Promise<LanguageModel> | undefined;
  ready = {
    model,
    tokenizer,
    early: () => {
      early ??= firstLayers(files, config);
      return early;
    },
  };
  const labels = Array.from({ length: config.vocab_size }, (_, id) =>
    tokenizer.decode([id], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
  );
  return { labels, context_tokens_max: config.max_position_embeddings, eos_token_id: config.eos_token_id };
}

/** A model of the first layers, cut out of the whole model's bytes. */
async function firstLayers(files: DemoFiles, config: ModelConfig): Promise<LanguageModel> {
  const { logits, all } = outputsOf(EARLY_LAYERS);
  const parts = [files["model.onnx"], files["early_layers.onnx"]];
  const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
  const session = await InferenceSession.create(cutModel(whole, all), { executionProviders: ["wasm"] });
  return createModel(session, { ...config, num_hidden_layers: EARLY_LAYERS }, logits);
}
