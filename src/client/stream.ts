/**
 * A sequence whose history, step and state the service keeps: the client's end of it. Answers come in the order of
 * the rows, so rows may be sent before the answers to earlier ones are there.
 */
import type { Search } from "../sampling/beam/rule.ts";
import type { BeamStep } from "../sampling/beam/search.ts";
import type { Sampled } from "../sampling/report/report.ts";
import type { Verified } from "../sampling/verify/verify.ts";
import type { Connection, ConnectionEvents } from "./connection.ts";
import { openDuplex } from "./duplex.ts";
import { retrying, type Transport } from "./http.ts";
import type { Dtype, StepRequestOptions, VerifyFields } from "./options.ts";
import { problemIn, type ServiceProblem } from "./problem.ts";
import {
  alike,
  denseRows,
  joined,
  jsonFields,
  type Logits,
  type PackedLogits,
  type StepLogits,
} from "./row.ts";
import { openWebSocket, type WebSocketClass } from "./websocket.ts";

/** Options of a stream: those of a step, and the form of its rows. */
export interface StreamOptions extends StepRequestOptions {
  /** dtype of all dense rows; default f32 */
  readonly dtype?: Dtype;
  /** [vocab_size], which each row must have when it is given, or [rows, vocab_size] for steps of several rows */
  readonly shape?: readonly number[];
}

/** How a stream is connected. */
export interface StreamTransport {
  /**
   * `http` is faster where fetch is full duplex: in Node, not in browsers. Default: http in Node, websocket in
   * browsers.
   */
  readonly over?: "http" | "websocket";
  /** in place of the platform's own; Node 20 has none */
  readonly WebSocket?: WebSocketClass;
}

/** Options that may change along the way; null takes one back. */
export type OptionChanges = {
  readonly [Name in keyof Omit<StepRequestOptions, "history" | "prompt_length" | "step" | "state">]:
    | StepRequestOptions[Name]
    | null;
};

/** The options of a search on a stream, and the state of a search that continues there. */
export interface StreamSearchFields {
  /** the rule with its options: docs/beams.md */
  readonly beam: Readonly<Record<string, unknown>> & { readonly rule: string };
  /** the `search` of the last reply; open the stream with the seed of the search */
  readonly search?: Search | null;
  /** with `search`: the tokens of each live beam after the history of the stream, and its state where it has one */
  readonly live?: readonly {
    readonly token_ids: readonly number[];
    readonly state?: Readonly<Record<string, unknown>>;
  }[];
}

export interface ClientStream {
  /**
   * Sends a row, or the rows of several sources; resolves to its token. `own` options hold for this step only, and cost a JSON message. Rejects with a
   * ServiceProblem when the row is refused: the stream is then where it was, and another row may follow.
   */
  next(logits: StepLogits, own?: OptionChanges): Promise<Sampled>;
  /**
   * Sends a draft and its rows: the target's, then the drafter's when `draft_rows` is given. Resolves to the accepted
   * tokens and the token that follows; each of them is a step of the stream.
   */
  verify(logits: readonly Logits[], draft: VerifyFields): Promise<Verified>;
  /**
   * Sends the rows of a search's live beams, one row in the first step, and resolves to the beams that continue. `said`
   * begins a search; without it the open one continues. The stream keeps the search and the histories of its beams; its
   * own history does not change.
   */
  beam(logits: readonly StepLogits[], said?: StreamSearchFields): Promise<BeamStep>;
  /** Abandons the open search: after it the stream takes rows, drafts and tokens again. */
  endSearch(): void;
  update(changes: OptionChanges): void;
  /** Puts forced tokens after the history. Each counts as a step. */
  accept(token_ids: readonly number[]): void;
  /** Takes back the last tokens, drawn or accepted. */
  rewind(steps: number): void;
  /** The options that open a stream that continues at this place. Read it right after an answer. */
  readonly checkpoint: StreamOptions;
  /** Ends the stream once all answers are there. */
  close(): Promise<void>;
}

export async function openClientStream(
  transport: Transport,
  options: StreamOptions,
  { over = canDuplex() ? "http" : "websocket", WebSocket }: StreamTransport,
): Promise<ClientStream> {
  const stream = new Stream(options, transport.timeout_ms);
  // A refused opening has drawn nothing, whether the service or a proxy refuses it.
  stream.connection = await retrying(transport, true, {}, () =>
    over === "http"
      ? openDuplex(transport, JSON.stringify(options), stream)
      : openWebSocket(transport, JSON.stringify(options), stream, WebSocket),
  );
  return stream;
}

type Reply = Sampled | Verified | BeamStep;

interface Waiting {
  resolve(reply: Reply): void;
  reject(reason: unknown): void;
  readonly timer: ReturnType<typeof setTimeout>;
  /** changes by messages sent after this row, applied once the row is answered */
  readonly behind: (() => void)[];
}

class Stream implements ClientStream, ConnectionEvents {
  connection: Connection | undefined;
  #options: StreamOptions;
  readonly #begin: number;
  readonly #timeout_ms: number;
  readonly #waiting: Waiting[] = [];
  #history: readonly number[];
  #last: Pick<Sampled, "seed" | "state"> | undefined;
  /** the last line, if it was a problem */
  #problem: ServiceProblem | undefined;
  #over: { readonly reason: unknown } | undefined;

  constructor(options: StreamOptions, timeout_ms: number) {
    this.#options = options;
    this.#history = [...(options.history ?? [])];
    this.#begin = this.#history.length;
    this.#timeout_ms = timeout_ms;
  }

  next(logits: StepLogits, own?: OptionChanges): Promise<Sampled> {
    return this.#answered<Sampled>(() => this.#sendRows(logits, own));
  }

  verify(logits: readonly Logits[], draft: VerifyFields): Promise<Verified> {
    return this.#answered<Verified>(() => {
      this.#send({ ...draft, type: "verify" });
      for (const row of logits) this.#sendRows(row);
    });
  }

  beam(logits: readonly StepLogits[], said?: StreamSearchFields): Promise<BeamStep> {
    return this.#answered<BeamStep>(() => {
      if (said !== undefined) this.#send({ ...said, type: "beam" });
      for (const row of logits) this.#sendRows(row);
    });
  }

  endSearch(): void {
    this.#send({ type: "beam", beam: null });
  }

  update(changes: OptionChanges): void {
    this.#send({ ...changes, type: "update" });
    this.#inOrder(() => {
      const merged = Object.entries({ ...this.#options, ...changes });
      this.#options = Object.fromEntries(merged.filter(([, value]) => value !== null)) as StreamOptions; // nulls are gone
    });
  }

  accept(token_ids: readonly number[]): void {
    this.#send({ type: "accept", token_ids });
    this.#inOrder(() => this.#goOn(token_ids));
  }

  rewind(steps: number): void {
    this.#send({ type: "rewind", steps });
    this.#inOrder(() => {
      this.#history = this.#history.slice(0, this.#history.length - steps);
    });
  }

  get checkpoint(): StreamOptions {
    const { step, ...options } = this.#options;
    return {
      ...options,
      ...this.#last,
      history: this.#history,
      ...(step !== undefined && { step: step + this.#history.length - this.#begin }),
    };
  }

  async close(): Promise<void> {
    await this.connection?.close();
    this.#end(ended());
  }

  line(text: string): void {
    const result = JSON.parse(text) as Reply;
    const waiting = this.#waiting.shift();
    clearTimeout(waiting?.timer);
    const problem = problemIn(result);
    this.#problem = problem;
    if (problem === undefined) {
      if (!("beams" in result)) this.#took(result);
      waiting?.resolve(result);
    } else if (waiting === undefined) this.#end(problem);
    else waiting.reject(problem);
    for (const change of waiting?.behind ?? []) change();
  }

  #took(result: Sampled | Verified): void {
    this.#last = { seed: result.seed, state: result.state };
    this.#goOn("positions" in result ? result.token_ids : [result.token_id]);
  }

  #goOn(token_ids: readonly number[]): void {
    this.#history = [...this.#history, ...token_ids];
  }

  /** A row, or those of several sources, in the form that it has. */
  #sendRows(logits: StepLogits, own?: OptionChanges): void {
    const rows = own === undefined ? denseRows(logits) : undefined;
    if (rows === undefined || alike(rows) === undefined)
      this.#send({ ...own, ...jsonFields(logits, own?.sources ?? this.#options.sources) });
    else this.connection?.sendRow(this.#bytesOf(rows));
  }

  /** The service's answer to a message. */
  #answered<Answer extends Reply>(send: () => void): Promise<Answer> {
    if (this.#over !== undefined) return Promise.reject(this.#over.reason);
    send();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#timedOut(), this.#timeout_ms);
      // The service answers a row with a step, a draft with the verified tokens, and the rows of a search with its
      // beams.
      this.#waiting.push({ resolve: resolve as Waiting["resolve"], reject, timer, behind: [] });
    });
  }

  /** Rows that were sent before are answered before. */
  #inOrder(change: () => void): void {
    const last = this.#waiting.at(-1);
    if (last === undefined) change();
    else last.behind.push(change);
  }

  closed(reason: unknown = this.#problem ?? ended()): void {
    this.#end(reason);
  }

  #end(reason: unknown): void {
    this.#over ??= { reason };
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(this.#over.reason);
    }
  }

  #timedOut(): void {
    this.#end(new DOMException(`no answer came within ${this.#timeout_ms} ms`, "TimeoutError"));
    this.connection?.abort();
  }

  #send(message: unknown): void {
    if (this.#over !== undefined) throw this.#over.reason;
    this.connection?.sendText(JSON.stringify(message));
  }

  /** The rows of a step, one after the other. */
  #bytesOf(rows: readonly PackedLogits[]): Uint8Array {
    const wanted = this.#options.dtype ?? "f32";
    const dtype = rows.find((row) => row.dtype !== wanted)?.dtype;
    if (dtype !== undefined)
      throw new TypeError(
        `this stream was opened for rows of ${wanted}, got ${dtype}: open it with its dtype`,
      );
    const [first] = rows as readonly [PackedLogits]; // a step has a row
    return rows.length === 1 ? first.bytes : joined(rows.map(({ bytes }) => bytes));
  }
}

function ended(): Error {
  return new Error("the stream has ended");
}

/** Browsers send the whole body of a fetch before they look at the answer. */
function canDuplex(): boolean {
  return !("window" in globalThis || "WorkerGlobalScope" in globalThis);
}
