/** Standard output that does not wait: a pipe that is full turns writes away instead of stopping the process. */
import type { Writable } from "node:stream";

/** What Node has below a stream of standard output that is a pipe or a socket. */
interface Unblockable {
  readonly _handle?: { setBlocking?(blocking: boolean): unknown };
}

/** What makes the next write to the pipe below a stream one that does not wait; nothing, where Node has no such thing. */
export function unblocker(stream: Writable): () => void {
  const { _handle } = stream as Unblockable;
  return () => _handle?.setBlocking?.(false);
}
