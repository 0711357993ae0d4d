/** The page's side of the worker: one promise for each question. */
import type { FromWorker, Loaded, ToWorker } from "./messages.ts";

/** A question without its number. */
type Asked = ToWorker extends infer Message
  ? Message extends ToWorker
    ? Omit<Message, "id">
    : never
  : never;

export interface ModelClient {
  load(): Promise<Loaded>;
  encode(text: string): Promise<readonly number[]>;
  logitsAfter(token_ids: readonly number[], prompt_length: number): Promise<Float32Array<ArrayBuffer>>;
  /** The same with the model's first layers only. */
  earlyLogitsAfter(token_ids: readonly number[], prompt_length: number): Promise<Float32Array<ArrayBuffer>>;
  /** Ends the worker at once; pending requests are never answered. */
  end(): void;
}

export function startModel(tell: (loaded: number, total: number) => void): ModelClient {
  const worker = new Worker(new URL("./model-worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === "progress") return tell(data.loaded, data.total);
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.kind === "done") asked?.resolve(data.result);
    else asked?.reject(new Error(data.sentence));
  });
  worker.addEventListener("error", (event) => {
    for (const { reject } of waiting.values())
      reject(new Error(event.message || "the model's worker failed"));
    waiting.clear();
  });
  const ask = <Result>(message: Asked) =>
    new Promise<Result>((resolve, reject) => {
      last += 1;
      // each kind of question has one type of result, as in messages.ts
      waiting.set(last, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ ...message, id: last });
    });
  return {
    load: () => ask<Loaded>({ kind: "load" }),
    encode: (text) => ask<readonly number[]>({ kind: "encode", text }),
    logitsAfter: (token_ids, prompt_length) =>
      ask<Float32Array<ArrayBuffer>>({ kind: "logits", token_ids, prompt_length }),
    earlyLogitsAfter: (token_ids, prompt_length) =>
      ask<Float32Array<ArrayBuffer>>({ kind: "early", token_ids, prompt_length }),
    end: () => worker.terminate(),
  };
}
