/**
 * A connection whose bytes the kernel writes to where they are wanted, a row of logits for example: nothing is
 * allocated and nothing copied on the way. Node offers this for connections that it opens (`onread` of net.connect);
 * for one that was accepted, a second socket takes over the first one's handle.
 */
import { Socket, type SocketConstructorOpts } from "node:net";

export interface Reading {
  /** Where the next bytes may go, at least one. Asked when the connection is taken over, and after every read. */
  room(): Uint8Array;
  /** Takes what was read into that room. */
  filled(bytes: Uint8Array): void;
}

/** A socket over the connection of another, which is left without one: destroy it when this one closes. */
export function takeOver(socket: Socket, { room, filled }: Reading): Socket {
  // Node's own field, there since its beginnings: null once the connection is gone.
  const held = socket as unknown as { _handle: unknown };
  const handle = held._handle;
  held._handle = null;
  const callback = (bytes: number, buffer: Uint8Array) => {
    filled(buffer.subarray(0, bytes));
    return true;
  };
  // `handle` is how Node itself makes sockets of accepted connections; its types do not list it.
  const options = {
    handle,
    allowHalfOpen: true,
    onread: { buffer: room, callback },
  } as SocketConstructorOpts;
  return new Socket(options);
}
