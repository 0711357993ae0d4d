/** The messages between the page and the worker with the model. */

export type ToWorker =
  | { readonly id: number; readonly kind: "load" }
  | { readonly id: number; readonly kind: "encode"; readonly text: string }
  /** the logits after these tokens, of which the first `prompt_length` are the prompt */
  | {
      readonly id: number;
      /** `early`: the logits of its first layers */
      readonly kind: "logits" | "early";
      readonly token_ids: readonly number[];
      readonly prompt_length: number;
    };

export type FromWorker =
  | { readonly kind: "progress"; readonly loaded: number; readonly total: number }
  | {
      readonly kind: "done";
      readonly id: number;
      readonly result: Loaded | readonly number[] | Float32Array<ArrayBuffer>;
    }
  | { readonly kind: "failed"; readonly id: number; readonly sentence: string };

/** Facts about a loaded model. */
export interface Loaded {
  /** the text of every token, by id */
  readonly labels: readonly string[];
  readonly context_tokens_max: number;
  readonly eos_token_id: number;
}
