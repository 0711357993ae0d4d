/** Ways to make the service hold something: each opens some connections, sends, and neither ends nor reads. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { encode, encodeChunked, f32, frame, jsonMessage } from "../message.ts";

export interface Way {
  readonly name: string;
  readonly connections: number;
  /** what each sends */
  bytes(): Buffer;
}

const TEXT_BIT = 0x8000_0000;

function prefix(bytes: number, is_text: boolean): Buffer {
  const made = Buffer.alloc(4);
  made.writeUInt32LE(bytes + (is_text ? TEXT_BIT : 0));
  return made;
}

/** The beginning of a stream on the bare connection: the given bytes, without an end. */
function stream(...parts: readonly Buffer[]): Buffer {
  const head =
    "POST /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: logit-stream\r\nContent-Length: 0\r\n\r\n";
  return Buffer.concat([Buffer.from(head), ...parts]);
}

/** A binary message of a WebSocket, masked with zeros, of which only a part is sent. */
function halfMessage(bytes: number, sent: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return Buffer.concat([head, Buffer.alloc(sent)]);
}

const ids = (length: number) => Array.from({ length }, (_, id) => id % 1000);
const MIB = 2 ** 20;

export const WAYS: readonly Way[] = [
  {
    name: "unread documents, pipelined",
    connections: 60,
    bytes: () => Buffer.concat(Array<Buffer>(800).fill(encode({ method: "GET", path: "/openapi.json" }))),
  },
  {
    name: "batches with unread answers",
    connections: 10,
    bytes: () =>
      encode({
        path: "/v1/sample/batch?shape=1024,1024&dtype=f32&top_logprobs=1024&seed=1",
        body: Buffer.alloc(4 * MIB),
      }),
  },
  {
    name: "batches of many draws",
    connections: 8,
    bytes: () =>
      encode({
        path: "/v1/sample/batch?shape=1024,64&dtype=f32&n=16384&seed=1",
        body: Buffer.alloc(MIB / 4),
      }),
  },
  {
    name: "half messages of WebSockets",
    connections: 100,
    bytes: () =>
      Buffer.concat([
        Buffer.from(
          "GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        ),
        halfMessage(7 * MIB, 6 * MIB),
      ]),
  },
  {
    name: "unfinished JSON on streams",
    connections: 80,
    bytes: () => stream(prefix(8 * MIB - 100, true), Buffer.alloc(7 * MIB, " ")),
  },
  {
    name: "streams with long histories that wait",
    connections: 60,
    bytes: () => stream(frame({ history: ids(1_000_000) })),
  },
  {
    name: "streams with half a frame",
    connections: 40,
    bytes: () => stream(frame({}), prefix(400_000, false), Buffer.alloc(1000)),
  },
  {
    name: "JSON bodies that do not go on",
    connections: 60,
    bytes: () => {
      const body = encode(jsonMessage("/v1/sample", `{"history":[${ids(1_000_000).join()}],`));
      return Buffer.concat([body.subarray(0, -1)]);
    },
  },
  {
    name: "chunked bodies that do not go on",
    connections: 40,
    bytes: () =>
      encodeChunked(jsonMessage("/v1/sample", { history: ids(500_000), logits: [1, 2] }), 65_536).subarray(
        0,
        -20,
      ),
  },
  {
    name: "rows in bodies that do not go on",
    connections: 64,
    bytes: () =>
      encode({ path: "/v1/sample?dtype=f32", body: f32(new Float32Array(128_256)) }).subarray(0, -4),
  },
];

/** Opens the connections of an attack. The clients do not read, and keep unsent data. */
export async function hold(url: string, way: Way): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const bytes = way.bytes();
  const sockets: Socket[] = [];
  for (let count = 0; count < way.connections; count++) {
    const socket = connect(Number(port), hostname).on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
    socket.pause().write(bytes);
  }
  return sockets;
}
