/** The output of `generate`: text as it comes, or a line of JSON for each token, and a summary at the end. */
import type { Vocabulary } from "../../vocabulary/vocabulary.ts";
import { standardOutput } from "../rows/output.ts";
import { TextOf } from "./text-of.ts";
import type { Source, Writer, Written } from "./writer.ts";

export interface Run {
  readonly writer: Writer;
  /** the source whose prompt the text continues */
  readonly source: Source;
  readonly sources: readonly Source[];
  readonly vocabulary: Vocabulary | undefined;
  readonly tokens_max: number;
  readonly seed: string;
  readonly signal: AbortSignal;
}

export class GenerateOutput {
  readonly #is_json: boolean;
  readonly #is_quiet: boolean;
  #tokens = 0;
  #exact = 0;
  #requests = 0;
  #engine_ms = 0;
  #sampler_ms = 0;
  #began = 0;
  #seed = "";
  #finish = "";
  #has_line = false;

  constructor(is_json: boolean, is_quiet: boolean) {
    this.#is_json = is_json;
    this.#is_quiet = is_quiet;
  }

  /** tokens drawn so far */
  get tokens(): number {
    return this.#tokens;
  }

  /** Draws until the text ends. Stops without an error when the reader of standard output has closed it. */
  async run({ writer, source, vocabulary, tokens_max, seed, signal }: Run): Promise<void> {
    const text_of = new TextOf(source.engine, vocabulary, source.prompt);
    const end_ids = new Set([...source.engine.facts.end_ids, ...(vocabulary?.end_ids ?? [])]);
    this.#seed = seed;
    this.#began = performance.now();
    while (this.#finish === "") {
      const written = await writer.next(signal);
      this.#count(written);
      const { token_id, finish_reason } = written.sampled;
      const is_end = end_ids.has(token_id);
      const text = is_end ? "" : await textBefore(text_of, written, signal);
      if (is_end) this.#finish = "end_token";
      else if (typeof finish_reason === "string") this.#finish = finish_reason;
      else if (this.#tokens >= tokens_max) this.#finish = "max_tokens";
      if (!this.#show(written, text)) return;
    }
  }

  #count({ exact, requests, engine_ms, sampler_ms }: Written): void {
    this.#tokens += 1;
    this.#exact += exact ? 1 : 0;
    this.#requests += requests;
    this.#engine_ms += engine_ms;
    this.#sampler_ms += sampler_ms;
  }

  /** False when the reader has closed standard output. */
  #show({ sampled, exact, told, requests, engine_ms, sampler_ms }: Written, text: string): boolean {
    const line = {
      index: this.#tokens - 1,
      ...sampled,
      text,
      exact,
      told,
      requests,
      engine_ms: rounded(engine_ms),
      sampler_ms: rounded(sampler_ms),
      finish_reason: this.#finish || null,
    };
    try {
      standardOutput.write(this.#is_json ? `${JSON.stringify(line)}\n` : text);
      this.#has_line = !this.#is_json;
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== "EPIPE") throw error; // system errors have one
      this.#has_line = false;
      return false;
    }
  }

  /** Ends the line of the text and reports the totals. */
  end(): void {
    if (this.#has_line) writeQuietly("\n");
    if (this.#is_quiet || this.#tokens === 0) return;
    const each = (ms: number) => `${rounded(ms / this.#tokens)} ms`;
    const ms = performance.now() - this.#began;
    process.stderr.write(
      `${this.#tokens} tokens, ${each(ms)} each (engine ${each(this.#engine_ms)}, sampler ${each(this.#sampler_ms)}), ` +
        `${this.#exact} exact, ${this.#requests} requests, seed ${this.#seed}${this.#finish === "" ? "" : `, ended by ${this.#finish}`}\n`,
    );
  }
}

/** The text of the token, without the part at its end that belongs to a stop. */
async function textBefore(text_of: TextOf, { sampled, rows }: Written, signal: AbortSignal): Promise<string> {
  const text = await text_of.add(sampled.token_id, rows[0] as Written["rows"][0], signal); // one for each source
  const { stop_bytes, text: before } = sampled as { readonly stop_bytes?: number; readonly text?: string };
  return stop_bytes === undefined ? text : (before ?? text);
}

function writeQuietly(text: string): void {
  try {
    standardOutput.write(text);
  } catch {
    // The reader has closed standard output; this is not an error.
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
