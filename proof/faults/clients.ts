/** Clients that send the same request over and over, each on its own connection, which they reopen when it breaks. */
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "../connection.ts";
import { encode } from "../message.ts";
import { STEP } from "./step.ts";

const BYTES = encode(STEP);

export interface Outcome {
  readonly answers: number;
  /** answers that were 503 with Retry-After */
  readonly refused: number;
  readonly wrong: number;
  readonly lost: number;
  /** lost requests among those in progress when `mark` was called */
  readonly lost_of_marked: number;
}

export class Clients {
  lost = 0;
  readonly #url: string;
  readonly #all: Promise<unknown>;
  readonly #latencies_ms: number[] = [];
  #expected: string | undefined;
  #refused = 0;
  #wrong = 0;
  #lost_of_marked = 0;
  #marked_ms = Number.NEGATIVE_INFINITY;
  #over = false;

  constructor(url: string, count: number) {
    this.#url = url;
    this.#all = Promise.all(Array.from({ length: count }, () => this.#ask()));
  }

  get latencies_ms(): readonly number[] {
    return this.#latencies_ms;
  }

  /** Waits until this number of further replies have come. */
  async answered(count: number): Promise<void> {
    const goal = this.#latencies_ms.length + count;
    while (this.#latencies_ms.length < goal) await sleep(1);
  }

  /** Marks this moment, so that later requests are counted separately. */
  mark(): void {
    this.#marked_ms = performance.now();
  }

  async end(): Promise<Outcome> {
    this.#over = true;
    await this.#all;
    return {
      answers: this.#latencies_ms.length,
      refused: this.#refused,
      wrong: this.#wrong,
      lost: this.lost,
      lost_of_marked: this.#lost_of_marked,
    };
  }

  async #ask(): Promise<void> {
    const connection = new Connection(this.#url);
    while (!this.#over) {
      const sent_ms = performance.now();
      try {
        const { status, headers, body } = await connection.exchange(BYTES);
        if (status === 200) this.#expected ??= body;
        if (status === 503 && headers.has("retry-after")) this.#refused += 1;
        else if (status !== 200 || body !== this.#expected) this.#wrong += 1;
        this.#latencies_ms.push(performance.now() - sent_ms);
        // The server would close the connection while the next request is on its way.
        if (headers.get("connection") === "close") connection.close();
      } catch {
        this.lost += 1;
        if (sent_ms <= this.#marked_ms) this.#lost_of_marked += 1;
        await sleep(1);
      }
    }
    connection.close();
  }
}
