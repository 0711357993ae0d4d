/**
 * The one place that shares the event loop: work is done piece after piece for a short turn, then the loop goes around
 * and others have theirs, as the gate decides. libuv takes one new connection a turn, so a long one would keep all
 * others waiting. A body whose rows take longer than a turn waits with them, and that time is not held against it.
 */
import type { FastifyReply } from "fastify";
import { assert } from "../../errors.ts";
import { TURN_MS } from "../admission/gate.ts";
import type { Ticket } from "../admission/ticket.ts";
import { ClientGone } from "./client-gone.ts";

/** Whose work it is: the request that is given turns. */
export interface Owner {
  readonly ticket: Pick<Ticket, "compute" | "pause" | "resume"> & Partial<Pick<Ticket, "requireAllowed">>;
  /** whether the client still waits for what is computed */
  isWanted(): boolean;
}

/** The owner that a request is which Fastify answers. */
export function ownerOf(ticket: Owner["ticket"], { raw }: FastifyReply): Owner {
  return { ticket, isWanted: () => !raw.destroyed };
}

export interface Work {
  /** Does the next piece; false when there was none. */
  next(): boolean;
  /** No piece is left; called in the turn of the last. */
  done(): void;
  /** Takes what `next` or `done` threw, or ClientGone. */
  fail(error: unknown): void;
}

/** Does the work in this turn and as many further ones as it takes. True when it is over at once. */
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

/** Goes through work that pauses now and then; what came of it, and how long it took without the waiting. */
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

/** The bytes of a body, which can be told to wait, and that no more of them are wanted. */
export interface Flow {
  pause(): void;
  resume(): void;
  refuse(error: unknown): void;
}

/** What a body makes ready is taken while it comes. */
export class Intake implements Work {
  readonly #owner: Owner;
  readonly #flow: Flow;
  readonly #work: Work;
  /** the body waits until what it made ready is taken */
  #is_behind = false;
  #has_ended = false;

  /** `work.next` takes what is ready, one after the other; `work.done` is called once, behind the last of a whole body. */
  constructor(owner: Owner, flow: Flow, work: Work) {
    this.#owner = owner;
    this.#flow = flow;
    this.#work = work;
  }

  /** Bytes were written. True when all that they made ready was taken at once: they are not looked at again. */
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

  /** All bytes were written. */
  end(): void {
    this.#has_ended = true;
    this.#proceed();
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
    // What the server computes is not held against the body.
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
