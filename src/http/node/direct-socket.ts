/**
 * A connection whose bytes the kernel writes directly to their destination, such as a row of logits: nothing is
 * allocated or copied on the way. Node offers this for connections that it opens (`onread` of net.connect);
 * for one that was accepted, a second socket takes over the first one's handle.
 */
import { Socket, type SocketConstructorOpts } from "node:net";

export interface Reading {
  /** Memory for the next bytes, at least one byte. Called when the connection is taken over, and after every read. */
  room(): Uint8Array;
  /** Receives the bytes that were read into that memory. */
  filled(bytes: Uint8Array): void;
  /** Called when `filled` throws: only this connection ends. */
  failed(error: unknown): void;
}

/** A socket that reads nothing while it is held. Pausing is not enough: Node's HTTP server resumes a paused socket. */
export class DirectSocket extends Socket {
  held = false;

  hold(): void {
    this.held = true;
    this.pause();
  }

  /** True when it may read again; `resume` sets it. */
  release(): void {
    this.held = false;
  }

  /** Makes the socket neither flowing nor paused, as Node's server does when it hands a connection over. */
  forgetFlow(): void {
    (this as { readableFlowing: boolean | null }).readableFlowing = null;
  }

  override resume(): this {
    return this.held ? this : super.resume();
  }
}

/**
 * Makes a socket from another socket's connection. The other socket then has no connection: destroy it when this one
 * closes.
 */
export function takeOver(socket: Socket, reading: Reading): DirectSocket {
  // Node's own field: null once the connection is gone.
  const held = socket as unknown as { _handle: unknown };
  const handle = held._handle;
  held._handle = null;
  const callback = (bytes: number, buffer: Uint8Array) => {
    try {
      reading.filled(bytes === buffer.length ? buffer : buffer.subarray(0, bytes));
    } catch (error) {
      reading.failed(error);
      taken.destroy();
    }
    return true;
  };
  // `handle` is how Node itself makes sockets of accepted connections; its types do not list it.
  const options = {
    handle,
    allowHalfOpen: true,
    onread: { buffer: reading.room.bind(reading), callback },
  } as SocketConstructorOpts;
  const taken = new DirectSocket(options);
  // Node's HTTP server removes its listener when HTTP ends, and an error without a listener ends the process.
  taken.on("error", () => undefined);
  return taken;
}

/** Milliseconds that a client may keep sending after the last answer. */
const LINGER_MS = 2000;

/** Ends a connection. Further bytes are read and dropped for a while: closing at once could lose the last answer. */
export function lingerAndEnd(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.on("close", () => clearTimeout(timer)).on("error", () => undefined);
  socket.end();
  socket.resume();
}
