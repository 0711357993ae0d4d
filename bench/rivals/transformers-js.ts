/**
 * transformers.js: its logits processors, and the steps of its multinomial sampler. That sampler is not exported, so
 * its exported building blocks are called (topk, softmax, a weighted pick). Its TopK runs in the wasm build of
 * onnxruntime, because the native one cannot be installed without a download. Version 4.3.1 has no top-p, no min-p, no
 * biases, and no presence or frequency penalty: these are left out, and the result says so.
 */
import type * as Library from "@huggingface/transformers";
import * as onnxruntime from "onnxruntime-web";
import type { Rules } from "./chains.ts";
import type { Kept, Rival, Runner } from "./rival.ts";

type Transformers = typeof Library;

/** The build for browsers is the one without native parts; Node's import by name would choose the other. */
const WEB_BUILD = new URL(
  "../../node_modules/@huggingface/transformers/dist/transformers.web.js",
  import.meta.url,
);

export async function createTransformersJs(): Promise<Rival> {
  onnxruntime.env.wasm.numThreads = 1;
  // Gives transformers.js this onnxruntime. transformers.js then sets paths to a server, which are removed again.
  Object.assign(globalThis, { [Symbol.for("onnxruntime")]: onnxruntime });
  const library = (await import(WEB_BUILD.href)) as Transformers; // the same library in another build
  delete (onnxruntime.env.wasm as { wasmPaths?: unknown }).wasmPaths;
  return {
    name: "transformers.js",
    version: library.env.version,
    prepare: (rules) => prepare(library, rules),
  };
}

function prepare(library: Transformers, asked: Rules): Runner | undefined {
  if (asked.top_logprobs !== undefined) return undefined;
  if (asked.top_p !== undefined && asked.top_k === undefined) return undefined;
  const rules = within(asked);
  const processors = processorsOf(library, rules);
  const history = [Array.from(rules.edits?.history ?? [], BigInt)];
  const process = (row: Float32Array) => {
    // generate() hands a copy of the last row to the processors, which write into it.
    const logits = new library.Tensor("float32", row.slice(), [1, row.length]);
    return processors(history, logits) as Library.Tensor;
  };
  return {
    rules,
    async step(row) {
      const logits = process(row);
      if (rules.temperature === 0) return greedy(logits);
      const { token_ids, probabilities } = await candidates(library, logits, rules);
      return Number(library.random.choices(token_ids, probabilities));
    },
    async kept(row): Promise<Kept> {
      const logits = process(row);
      if (rules.temperature === 0) return { token_ids: [greedy(logits)], probabilities: [1] };
      const { token_ids, probabilities } = await candidates(library, logits, rules);
      return { token_ids: Array.from(token_ids, Number), probabilities };
    },
  };
}

/** The part of the rules that the library supports. */
function within({ edits, temperature, top_k }: Rules): Rules {
  return {
    ...(edits !== undefined && {
      edits: {
        ...edits,
        bias_ids: new Int32Array(),
        biases: new Float32Array(),
        presence_penalty: 0,
        frequency_penalty: 0,
      },
    }),
    temperature,
    ...(top_k !== undefined && { top_k }),
  };
}

/** In the order of generate(). */
function processorsOf(library: Transformers, { edits, temperature }: Rules): Library.LogitsProcessorList {
  const processors = new library.LogitsProcessorList();
  if (edits !== undefined)
    processors.push(new library.RepetitionPenaltyLogitsProcessor(edits.repetition_penalty));
  if (temperature > 0) processors.push(new library.TemperatureLogitsWarper(temperature));
  return processors;
}

interface Candidates {
  readonly token_ids: BigInt64Array;
  readonly probabilities: Float32Array;
}

async function candidates(
  library: Transformers,
  logits: Library.Tensor,
  { top_k }: Rules,
): Promise<Candidates> {
  const [values, indices] = await library.topk(logits, top_k ?? logits.dims.at(-1)!);
  // Values keep the type of the logits; ONNX's TopK answers indices as int64.
  const probabilities = library.softmax(values.data as Float32Array);
  return { token_ids: indices.data as BigInt64Array, probabilities };
}

/** The loop of the library's own max, which it does not export. */
function greedy({ data }: Library.Tensor): number {
  const logits = data as Float32Array;
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}
