/** Sends a long answer piece by piece, as its reader takes it: what waits in the process is counted, and one piece more. */
import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { Visit } from "../admission/visit.ts";

/** Bytes that are handed to the connection at once. */
export const PIECE_BYTES = 65_536;

type Part = string | Uint8Array;

/** What is sent behind a head: one text, bytes, or several texts one behind the other. */
export type AnswerBody = Part | readonly string[];

export function byteLength(body: AnswerBody): number {
  if (!isList(body)) return Buffer.byteLength(body);
  let bytes = 0;
  for (const part of body) bytes += Buffer.byteLength(part);
  return bytes;
}

/** A short body as one part. */
export function joined(body: AnswerBody): Part {
  return isList(body) ? body.join("") : body;
}

/**
 * Sends what follows a head. The visit holds it until then: a client that takes nothing for too long, or too little
 * when the room is wanted, loses its connection. `done` is told once whether all was sent.
 */
export function sendPieces(
  response: ServerResponse,
  body: AnswerBody,
  visit: Visit,
  done: (sent: boolean) => void,
): void {
  const pieces = piecesOf(isList(body) ? body : [body]);
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
  visit.answers(
    () => sent_bytes,
    () => response.destroy(),
  );
  response.once("close", () => finish(false));
  proceed();
}

/** Short parts together, long ones divided. */
function* piecesOf(parts: readonly Part[]): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const part of parts) {
    const whole = typeof part === "string" ? Buffer.from(part) : part;
    for (let at = 0; at < whole.length; at += PIECE_BYTES) {
      const piece = whole.subarray(at, at + PIECE_BYTES);
      if (bytes + piece.length > PIECE_BYTES && bytes > 0) {
        yield Buffer.concat(waiting);
        waiting = [];
        bytes = 0;
      }
      waiting.push(piece);
      bytes += piece.length;
    }
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

function isList(body: AnswerBody): body is readonly string[] {
  return Array.isArray(body);
}
