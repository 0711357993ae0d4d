/** One exchange on a connection of its own: sends the given bytes and returns everything that comes back. */
import { connect, type Socket } from "node:net";

const PATIENCE_MS = 20_000;
/** The pause between two segments: long enough for the other side to read the first. */
const PAUSE_MS = 1;

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port), noDelay: true }).on("error", () => undefined);
}

/**
 * Sends the parts with a pause between them. Returns what arrived until the connection ended, as latin1; the client
 * ends the connection once the text is complete. Undefined when the connection does not end.
 */
export function converse(
  url: string,
  parts: readonly Uint8Array[],
  isWhole: (text: string) => boolean,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = open(url);
    let text = "";
    const finish = (received: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(received);
    };
    const timer = setTimeout(() => finish(undefined), PATIENCE_MS);
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (isWhole(text)) socket.end();
    });
    socket.on("close", () => finish(text));
    send(socket, parts);
  });
}

/** Sends the first part, and then disconnects like a crashed client. */
export function leaveAmid(url: string, [first = new Uint8Array(0)]: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = open(url).on("close", () => resolve());
    socket.write(first, () => setTimeout(() => socket.resetAndDestroy(), PAUSE_MS));
  });
}

function send(socket: Socket, [part, ...others]: readonly Uint8Array[]): void {
  if (part !== undefined) socket.write(part, () => setTimeout(send, PAUSE_MS, socket, others));
}

/** The statuses of all answers in a text. */
export function statusesOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status as string);
}
