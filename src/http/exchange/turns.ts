/**
 * The one place that shares the event loop. Work runs piece by piece for a short turn; then the loop goes around and other
 * requests have their turn, as the gate decides. libuv accepts one new connection a turn, so a long turn would keep all
 * others waiting. A body whose rows take longer than a turn waits for them, and that time does not count against it.
 */
import type { FastifyReply } from "fastify";
import { assert } from "../../errors.ts";
import { TURN_MS } from "../admission/gate.ts";
import type { Ticket } from "../admission/ticket.ts";
import { ClientGone } from "./client-gone.ts";

/** The owner of work: the request that is given turns. */
export interface Owner {
  readonly ticket: Pick<Ticket, "compute" | "pause" | "resume"> & Partial<Pick<Ticket, "requireAllowed">>;
  /** whether the client still waits for the result */
  isWanted(): boolean;
}

/** A request that Fastify answers, as the owner of work. */
export function ownerOf(ticket: Owner["ticket"], { raw }: FastifyReply): Owner {
  return { ticket, isWanted: () => !raw.destroyed };
}

export interface Work {
  /** Does the next piece; false when there was none. */
  next(): boolean;
  /** Called when no piece is left, in the turn of the last one. */
  done(): void;
  /** Called with the error that `next` or `done` threw, or with ClientGone. */
  fail(error: unknown): void;
}

/** Does the work in this turn and in as many further turns as it needs. True when it ended in this turn. */
export function workInTurns(owner: Owner, work: Work, turn_ms = TURN_MS): boolean {
  let is_over = false;
  owner.ticket.compute(() => {
    const began_ms = performance.now();
    try {
      is_over = turnOf(owner, work, began_ms + turn_ms);
      if (!is_over) setImmediate(() => workInTurns(owner, work, turn_ms));
    } catch (error) {
      is_over = true;
      work.fail(error);
    }
    return performance.now() - began_ms;
  });
  return is_over;
}

/** False when the turn ended before the work did. */
function turnOf(owner: Owner, work: Work, until_ms: number): boolean {
  if (!owner.isWanted()) throw new ClientGone("the client closed the connection");
  owner.ticket.requireAllowed?.();
  do {
    if (work.next()) continue;
    work.done();
    return true;
  } while (performance.now() < until_ms);
  return false;
}

/** Runs a generator to its end, and returns its result and its computing time without the waits. */
export function inTurns<Result>(
  owner: Owner,
  pieces: Generator<undefined, Result>,
): Promise<{ readonly result: Result; readonly spent_ms: number }> {
  return new Promise((resolve, reject) => {
    let spent_ms = 0;
    let result: Result;
    workInTurns(owner, {
      next() {
        const began_ms = performance.now();
        const step = pieces.next();
        spent_ms += performance.now() - began_ms;
        if (step.done === true) result = step.value;
        return step.done !== true;
      },
      done: () => resolve({ result, spent_ms }),
      fail: reject,
    });
  });
}

/** The bytes of a body, which can be paused, and dropped. */
export interface Flow {
  pause(): void;
  resume(): void;
  refuse(error: unknown): void;
}

/** Takes the rows of a body as they become ready. */
export class Intake implements Work {
  readonly #owner: Owner;
  readonly #flow: Flow;
  readonly #work: Work;
  /** whether the body waits until its ready rows are taken */
  #is_behind = false;
  #has_ended = false;

  /** `work.next` takes one ready row at a time; `work.done` is called once, after the last row of a whole body. */
  constructor(owner: Owner, flow: Flow, work: Work) {
    this.#owner = owner;
    this.#flow = flow;
    this.#work = work;
  }

  /**
   * Bytes were written. True when every row that they completed was processed at once, so that they are not read again.
   */
  wrote(): boolean {
    assert(!this.#is_behind, "a body that waits brings no bytes");
    const is_over = this.#proceed();
    if (is_over) this.#owner.ticket.resume();
    else {
      this.#is_behind = true;
      this.#flow.pause();
    }
    return is_over;
  }

  /**
   * All bytes were written. Rows may still wait, because Node reports the end in the tick of the last bytes, even when
   * these paused the body. The turns of these rows then continue and end the work. A second series of turns would later
   * take the turn of the request's next work, which would wait for ever.
   */
  end(): void {
    this.#has_ended = true;
    if (!this.#is_behind) this.#proceed();
  }

  next(): boolean {
    return this.#work.next();
  }

  done(): void {
    if (this.#has_ended) this.#work.done();
    else this.#goOn();
  }

  fail(error: unknown): void {
    if (this.#has_ended) {
      this.#work.fail(error);
      return;
    }
    this.#flow.refuse(error);
    this.#goOn();
  }

  #proceed(): boolean {
    // The time that the server computes does not count against the body.
    this.#owner.ticket.pause();
    return workInTurns(this.#owner, this);
  }

  #goOn(): void {
    if (!this.#is_behind) return;
    this.#is_behind = false;
    this.#owner.ticket.resume();
    this.#flow.resume();
  }
}
