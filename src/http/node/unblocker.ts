/** Makes standard output non-blocking: a full pipe rejects writes instead of stopping the process. */
import type { Writable } from "node:stream";

/** Node's handle of a standard output that is a pipe or a socket. */
interface Unblockable {
  readonly _handle?: { setBlocking?(blocking: boolean): unknown };
}

/** A function that makes the next write to the pipe non-blocking. It does nothing where Node lacks the call. */
export function unblocker(stream: Writable): () => void {
  const { _handle } = stream as Unblockable;
  return () => _handle?.setBlocking?.(false);
}
