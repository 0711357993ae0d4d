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
  /** `filled` threw: a defect that ends this connection and nothing else. */
  failed(error: unknown): void;
}

/** A socket that reads nothing while it is held. A paused one does not do: Node's HTTP server resumes it by itself. */
export class DirectSocket extends Socket {
  held = false;

  hold(): void {
    this.held = true;
    this.pause();
  }

  /** May read again; `resume` makes it. */
  release(): void {
    this.held = false;
  }

  /** Neither flows nor is paused, as a connection that Node's server gives away: its next reader decides. */
  forgetFlow(): void {
    (this as { readableFlowing: boolean | null }).readableFlowing = null;
  }

  override resume(): this {
    return this.held ? this : super.resume();
  }
}

/** A socket over the connection of another, which is left without one: destroy it when this one closes. */
export function takeOver(socket: Socket, reading: Reading): DirectSocket {
  // Node's own field, there since its beginnings: null once the connection is gone.
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
  // Node's HTTP server listens only while HTTP is spoken, and an error that nobody listens to ends the process.
  taken.on("error", () => undefined);
  return taken;
}

/** How long a client may go on sending after all was said. */
const LINGER_MS = 2000;

/** Ends a connection that nobody reads any more: what still comes is dropped for a while, or its client might lose the last answer. */
export function lingerAndEnd(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.on("close", () => clearTimeout(timer)).on("error", () => undefined);
  socket.end();
  socket.resume();
}
