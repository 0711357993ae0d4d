/** Sends a long answer piece by piece, as its client takes it. The bytes that wait in the process are charged to the request. */
import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { Ticket } from "../admission/ticket.ts";

/** Bytes that are handed to the connection at once. */
export const PIECE_BYTES = 65_536;

type Part = string | Uint8Array;

/** The body of an answer: one text, bytes, or several of them in order. */
export type AnswerBody = Part | readonly Part[];

export function byteLength(body: AnswerBody): number {
  if (!isList(body)) return Buffer.byteLength(body);
  let bytes = 0;
  for (const part of body) bytes += Buffer.byteLength(part);
  return bytes;
}

/** A short body as one part. */
export function joined(body: AnswerBody): Part {
  if (!isList(body)) return body;
  if (body.every((part) => typeof part === "string")) return body.join("");
  return Buffer.concat(body.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

/** Characters gathered before they are encoded. Buffers of this length go back to the system when they are freed. */
const GATHERED_LENGTH = 262_144;

/** A long answer that is made text by text. Its bytes lie outside V8's heap, which would not shrink again. */
export class GatheredText {
  readonly #parts: Part[] = [];
  #texts: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    if (this.#length < GATHERED_LENGTH) return;
    this.#parts.push(Buffer.from(this.#texts.join("")));
    this.#texts = [];
    this.#length = 0;
  }

  /** All of it, in order. */
  parts(): readonly Part[] {
    return this.#texts.length === 0 ? this.#parts : [...this.#parts, this.#texts.join("")];
  }
}

/**
 * Sends the body of an answer. The ticket holds its bytes until they are sent. A client that takes nothing for too long, or
 * too little when memory is needed, loses its connection. `done` is called once: true if everything was sent.
 */
export function sendPieces(
  response: ServerResponse,
  body: AnswerBody,
  ticket: Ticket,
  done: (sent: boolean) => void,
): void {
  const pieces = piecesOf(isList(body) ? [...body] : [body]);
  let sent_bytes = 0;
  let over = false;
  const finish = (sent: boolean) => {
    if (over) return;
    over = true;
    done(sent);
  };
  const proceed = () => {
    for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
      const goes_on = response.write(next.value);
      sent_bytes += next.value.length;
      if (goes_on) continue;
      response.once("drain", proceed);
      return;
    }
    response.end();
    finish(true);
  };
  ticket.answers(
    () => sent_bytes,
    () => response.destroy(),
  );
  response.once("close", () => finish(false));
  proceed();
}

/** Joins short parts and divides long ones. A part is forgotten as soon as it was sent. */
function* piecesOf(parts: Part[]): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const whole = typeof part === "string" ? Buffer.from(part) : part;
    for (let at = 0; at < whole.length; at += PIECE_BYTES) {
      const piece = whole.subarray(at, at + PIECE_BYTES);
      if (bytes + piece.length > PIECE_BYTES && bytes > 0) {
        yield together(waiting);
        waiting = [];
        bytes = 0;
      }
      waiting.push(piece);
      bytes += piece.length;
    }
  }
  if (bytes > 0) yield together(waiting);
}

function together(pieces: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = pieces;
  return first !== undefined && others.length === 0 ? first : Buffer.concat(pieces);
}

function isList(body: AnswerBody): body is readonly Part[] {
  return Array.isArray(body);
}
