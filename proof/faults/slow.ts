/**
 * Clients that send a byte now and then: each must be disconnected in time, without effect on other clients.
 */

import { startService } from "../../evidence/service.ts";
import { quantile } from "../../examples/model-host/report.ts";
import { Connection } from "../connection.ts";
import type { Form, Report } from "../proof.ts";
import { Clients } from "./clients.ts";

/**
 * Limits of the service, and the time by which a client must be disconnected: the service checks about once a second.
 */
const LIMITS_MS = { short: { headers: 1000, body: 1500 }, long: { headers: 10_000, body: 30_000 } };
const MARGIN_MS = 5000;
const SLOW = 40;
const DRIP_MS = 100;
const OTHERS_TURNED_AWAY = 100;

const HEAD = "POST /v1/sample HTTP/1.1\r\nHost: x\r\n";
const BODY_HEAD = `${HEAD}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"logits":[`;
const TENSOR_HEAD = `${HEAD.replace(" HTTP", "?dtype=f32 HTTP")}Content-Length: 100000\r\n\r\n`;

export async function proveSlowClients({ long }: Form, report: Report): Promise<void> {
  const limits = LIMITS_MS[long ? "long" : "short"];
  const service = await startService({
    LOGIT_SAMPLER_HEADERS_TIMEOUT_MS: String(limits.headers),
    LOGIT_SAMPLER_BODY_TIMEOUT_MS: String(limits.body),
  });
  try {
    const others = new Clients(service.url, 4);
    const kinds = [
      ["half-open heads", HEAD, "X", limits.headers],
      ["half JSON bodies", BODY_HEAD, "1,", limits.body],
      ["half tensors", TENSOR_HEAD, "A", limits.body],
    ] as const;
    for (const [name, head, drip, limit_ms] of kinds) {
      const ends = await Promise.all(
        Array.from({ length: SLOW }, () => slowClient(service.url, head, drip, limit_ms)),
      );
      const cut = ends.filter(({ ended }) => ended).length;
      const last_ms = Math.max(...ends.map(({ took_ms }) => took_ms));
      report.claim(
        `${SLOW} ${name} are disconnected within ${(limit_ms + MARGIN_MS) / 1000} s`,
        cut === SLOW,
        `${cut} cut, the last after ${(last_ms / 1000).toFixed(1)} s`,
      );
      const statuses = new Set(ends.map(({ status }) => status));
      report.claim(
        `${name} get an error that says why`,
        [...statuses].every((status) => status === "408" || status === "503"),
        [...statuses].join(", "),
      );
    }
    const { answers, refused, wrong, lost } = await others.end();
    report.claim(
      "meanwhile no answer to other clients is wrong or lost",
      wrong + lost === 0,
      `${wrong} wrong, ${lost} lost`,
    );
    report.claim(
      `meanwhile at most 1 of ${OTHERS_TURNED_AWAY} requests of other clients is refused`,
      refused * OTHERS_TURNED_AWAY <= answers,
      `${refused} of ${answers}`,
    );
    report.figure("others' p99", `${quantile(others.latencies_ms, 0.99).toFixed(1)} ms`);
  } finally {
    await service.stop();
  }
}

interface SlowEnd {
  readonly ended: boolean;
  readonly took_ms: number;
  readonly status: string;
}

async function slowClient(url: string, head: string, drip: string, limit_ms: number): Promise<SlowEnd> {
  const connection = new Connection(url);
  const socket = await connection.open();
  const began_ms = performance.now();
  socket.write(head);
  const timer = setInterval(() => socket.writable && socket.write(drip), DRIP_MS);
  const ended = await connection.closed(limit_ms + MARGIN_MS);
  clearInterval(timer);
  const took_ms = performance.now() - began_ms;
  connection.close();
  return { ended, took_ms, status: connection.unread.slice(9, 12) };
}
