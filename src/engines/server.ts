/**
 * HTTP requests to one engine: each request has a time limit, each reply a limit of bytes, and each failure is a
 * sentence.
 */
import { shorten } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { type CallOptions, EngineError, type Server } from "./engine.ts";
import { listIn } from "./json.ts";

export interface EngineSettings {
  /** milliseconds for each request. Default 60,000. */
  readonly timeout_ms?: number;
  /** sent with every request: `{ authorization: "Bearer …" }` */
  readonly headers?: Readonly<Record<string, string>>;
  /** replaces the platform's fetch */
  readonly fetch?: typeof globalThis.fetch;
  /** number of tokens of the model's vocabulary: for engines that do not report it */
  readonly vocab_size?: number;
  /**
   * the id of a token's text: for engines that report texts without ids. undefined: no token has this text, or several
   * do
   */
  readonly idOf?: (text: string) => number | undefined;
}

const TIMEOUT_MS = 60_000;
/** Maximum bytes of replies about models and settings; llama-server's hold a chat template. */
const FACTS_BYTES_MAX = 4 * 1024 * 1024;
const SENTENCE_LENGTH_MAX = 300;
/** Error codes of a connection that the other side has closed. */
const LOST: readonly string[] = ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"];
/** Statuses of a server that does not have a path. */
const ABSENT: readonly number[] = [404, 405, 501];

export async function openServer(given: string, settings: EngineSettings = {}): Promise<Server> {
  const url = plainUrl(given);
  const wire = new Wire(url, settings);
  const [card] = listIn(await wire.get("/v1/models"), "data");
  const of_model = isRecord(card) ? card : {};
  const { owned_by: owner, id: model } = of_model;
  return {
    url,
    owner: typeof owner === "string" ? owner : undefined,
    model: typeof model === "string" ? model : undefined,
    card: of_model,
    get: (path) => wire.get(path),
    post: (path, body, bytes_max, call) => wire.post(path, body, bytes_max, call),
    vocab_size: settings.vocab_size,
    idOf: settings.idOf,
  };
}

/** Other clients are given the address as `…/v1`. */
function plainUrl(given: string): string {
  if (!/^https?:\/\//.test(given) || !URL.canParse(given))
    throw new EngineError(`an engine needs an address such as http://127.0.0.1:8081, got ${shorten(given)}`);
  return given.replace(/\/+$/, "").replace(/\/v1$/, "");
}

class Wire {
  readonly #url: string;
  readonly #timeout_ms: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof globalThis.fetch;

  constructor(url: string, { timeout_ms = TIMEOUT_MS, headers = {}, fetch }: EngineSettings) {
    this.#url = url;
    this.#timeout_ms = timeout_ms;
    this.#headers = headers;
    this.#fetch = fetch ?? globalThis.fetch.bind(globalThis);
  }

  async get(path: string): Promise<unknown> {
    const answer = await this.#ask(path, {}, FACTS_BYTES_MAX, {});
    if (ABSENT.includes(answer.status)) return undefined;
    return this.#jsonOf(path, answer);
  }

  async post(path: string, body: object, bytes_max: number, call: CallOptions = {}): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const asked = { method: "POST", headers, body: JSON.stringify(body) };
    return this.#jsonOf(path, await this.#ask(path, asked, bytes_max, call));
  }

  async #ask(path: string, asked: RequestInit, bytes_max: number, { signal }: CallOptions): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#timeout_ms);
    try {
      const response = await this.#fetched(this.#url + path, {
        ...asked,
        headers: { ...this.#headers, ...(asked.headers as Record<string, string> | undefined) },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      return { status: response.status, text: await this.#textOf(path, response, bytes_max) };
    } catch (error) {
      if (error instanceof EngineError || signal?.aborted === true) throw error;
      if (timeout.aborted)
        throw new EngineError(
          `${this.#url}${path} did not answer within ${this.#timeout_ms} ms`,
          undefined,
          error,
        );
      const { message } = ((error as Error).cause ?? error) as Error; // fetch throws TypeErrors with a cause
      throw new EngineError(
        `no answer from ${this.#url}${path}: ${message || String(error)}`,
        undefined,
        error,
      );
    }
  }

  /**
   * Sends the request again on another connection when the first was lost. Servers close connections that are idle for
   * seconds, and a search between two requests may take that long. Repeating is safe: every request gives the same
   * answer again.
   */
  async #fetched(url: string, asked: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(url, asked);
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { readonly code?: string }; // system errors have one
      if (code === undefined || !LOST.includes(code)) throw error;
      return await this.#fetch(url, asked);
    }
  }

  /** Reads at most `bytes_max`, because a reply may be endless. */
  async #textOf(path: string, response: Response, bytes_max: number): Promise<string> {
    const told = Number(response.headers.get("content-length") ?? Number.NaN);
    const tooLong = () =>
      new EngineError(`${this.#url}${path} answered more than the ${bytes_max} bytes that it may`);
    if (told > bytes_max) {
      await response.body?.cancel();
      throw tooLong();
    }
    if (told >= 0 && response.headers.get("content-encoding") === null) return response.text();
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > bytes_max) throw tooLong();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  #jsonOf(path: string, { status, text }: Answer): unknown {
    if (status < 200 || status > 299)
      throw new EngineError(`${this.#url}${path} answered ${status}: ${sentenceIn(text)}`, status);
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new EngineError(
        `${this.#url}${path} answered something else than JSON: ${shorten(text, SENTENCE_LENGTH_MAX)}`,
      );
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The error text of a reply: `{"error": {"message"}}`, `{"error"}`, `{"message"}` or `{"detail"}`. */
function sentenceIn(text: string): string {
  try {
    const said: unknown = JSON.parse(text);
    const error = isRecord(said) ? (said["error"] ?? said) : said;
    const message = isRecord(error) ? (error["message"] ?? error["detail"]) : error;
    if (typeof message === "string") return shorten(message, SENTENCE_LENGTH_MAX);
  } catch {
    // The text is not JSON and is shown as it is.
  }
  return shorten(text.trim() || "nothing", SENTENCE_LENGTH_MAX);
}
