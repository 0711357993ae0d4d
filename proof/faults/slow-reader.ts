/**
 * A stream client that sends rows and reads no answers: the service must stop reading, and must not collect answers in
 * memory.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { randomRow } from "../../evidence/rows.ts";
import { startService } from "../../evidence/service.ts";
import { residentMiB } from "../memory.ts";
import { f32, frame } from "../message.ts";
import type { Report } from "../proof.ts";

const SENT_MIB_MAX = 256;
const RSS_GROWTH_MIB_MAX = 128;
const MIB = 2 ** 20;
const STALLED_MS = 500;

export async function proveSlowReader(report: Report): Promise<void> {
  const service = await startService();
  try {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.pause();
    const head = "POST /v1/stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const chunk = (bytes: Uint8Array) =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
    socket.write(head);
    socket.write(chunk(frame({ top_logprobs: 1024, seed: "1" })));
    const rows = chunk(Buffer.concat(Array.from({ length: 16 }, () => frame(f32(randomRow(1024, 1))))));
    const before_mib = residentMiB(service.worker_pids);
    const sent_mib = await sendUntilStalled(socket, rows);
    const growth_mib = residentMiB(service.worker_pids) - before_mib;
    socket.destroy();
    report.claim(
      `the service stops reading from a client that reads no answers before it has sent ${SENT_MIB_MAX} MiB`,
      sent_mib < SENT_MIB_MAX,
      `${sent_mib.toFixed(1)} MiB`,
    );
    report.claim(
      `its answers take less than ${RSS_GROWTH_MIB_MAX} MiB`,
      growth_mib < RSS_GROWTH_MIB_MAX,
      `${growth_mib.toFixed(0)} MiB`,
    );
  } finally {
    await service.stop();
  }
}

/** MiB that were sent before the other side stopped accepting data for a while. */
async function sendUntilStalled(socket: ReturnType<typeof connect>, bytes: Uint8Array): Promise<number> {
  let sent = 0;
  while (sent < SENT_MIB_MAX * MIB) {
    const has_room = socket.write(bytes);
    sent += bytes.length;
    if (has_room) continue;
    const drained = await Promise.race([once(socket, "drain").then(() => true), sleep(STALLED_MS, false)]);
    if (!drained) break;
  }
  return sent / MIB;
}
