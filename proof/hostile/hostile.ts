/**
 * The black-box suite: thousands of requests that are wrong in one way each, with the expected answers. After a request
 * that breaks its connection, another client must get the same bytes as before.
 */
import { startService } from "../../evidence/service.ts";
import { Connection, ConnectionLost, type Reply } from "../connection.ts";
import { encode, jsonMessage } from "../message.ts";
import { complaintOf } from "../oracle/contract.ts";
import { VOCAB_SIZE_MAX } from "../oracle/logits.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { hostileBodies } from "./bodies.ts";
import type { HostileCase } from "./case.ts";
import { hostileFields } from "./fields.ts";
import { hostileHeads } from "./heads.ts";
import { malformedHttp } from "./malformed.ts";
import { hostileTexts } from "./texts.ts";

const SHOWN_MAX = 12;

export const HOSTILE: Proof = {
  name: "hostile",
  promise: "bad input never breaks the service: no 5xx, and every 4xx says what is wrong, and where",
  run,
};

async function run(_form: Form, report: Report): Promise<void> {
  const service = await startService({
    LOGIT_SAMPLER_VOCAB_SIZE_MAX: String(VOCAB_SIZE_MAX),
    LOGIT_SAMPLER_HEADERS_TIMEOUT_MS: "2000",
  });
  const sections: readonly (readonly [string, readonly HostileCase[]])[] = [
    ["wrong values of every option", hostileFields()],
    ["JSON texts and logits", hostileTexts()],
    ["binary bodies", hostileBodies()],
    ["methods, paths and headers", hostileHeads()],
    ["malformed HTTP and smuggling", malformedHttp()],
  ];
  try {
    const workers = service.worker_pids.length;
    const canary = new Connection(service.url);
    const expected = (await canary.exchange(CANARY)).body;
    for (const [name, cases] of sections) {
      const wrong = await runAll(service.url, cases);
      const after = (await canary.exchange(CANARY)).body;
      for (const each of wrong.slice(0, SHOWN_MAX)) report.note(each);
      report.claim(
        `${name}: ${cases.length} cases get the expected answers`,
        wrong.length === 0,
        `${wrong.length} wrong`,
      );
      report.claim(`${name}: another client still gets its answer, to the byte`, after === expected);
    }
    canary.close();
    report.claim("no worker died", service.worker_pids.length === workers);
  } finally {
    await service.stop();
  }
}

const CANARY = encode(jsonMessage("/v1/sample", { logits: [1, 3, 2], seed: 7, logprobs: true }));

async function runAll(url: string, cases: readonly HostileCase[]): Promise<string[]> {
  const wrong: string[] = [];
  let connection = new Connection(url);
  for (const each of cases) {
    const complaint = await runCase(connection, each);
    if (complaint !== undefined) wrong.push(`${each.name}: ${complaint}`);
    if (connection.ended || connection.unread !== "" || each.ends === true) {
      connection.close();
      connection = new Connection(url);
    }
  }
  connection.close();
  return wrong;
}

async function runCase(connection: Connection, each: HostileCase): Promise<string | undefined> {
  let reply: Reply;
  try {
    reply = await connection.exchange(each.bytes);
  } catch (error) {
    if (error instanceof ConnectionLost && each.statuses.includes(0)) return undefined;
    return String(error);
  }
  if (reply.headers.get("connection") === "close") await connection.closed(1000);
  return wrongWith(reply, each) ?? (each.ends === true ? await goesOn(connection) : undefined);
}

/** Nothing may be answered after a refusal that ends its connection. */
async function goesOn(connection: Connection): Promise<string | undefined> {
  const has_closed = await connection.closed(5000);
  if (connection.unread !== "") return `more was answered: ${connection.unread.slice(0, 100)}`;
  return has_closed ? undefined : "the connection stays open";
}

function wrongWith(reply: Reply, { statuses, code, pointer, bare }: HostileCase): string | undefined {
  const { status, body, headers } = reply;
  if (!statuses.includes(status))
    return `status ${status}, not ${statuses.join(" or ")}: ${body.slice(0, 200)}`;
  const is_problem = status >= 400;
  if (bare === true) return undefined;
  if (is_problem && !headers.get("content-type")?.startsWith("application/problem+json"))
    return `a ${status} that is not problem+json`;
  if (!is_problem && code === undefined) return undefined;
  const answer = JSON.parse(body) as { results?: readonly unknown[] };
  // In a batch, the second row is the one that must fail.
  const problem = (answer.results?.[1] ?? answer) as { code: string; pointer: string };
  const complaint = complaintOf("Problem", problem);
  if (complaint !== undefined) return complaint;
  if (code !== undefined && problem.code !== code) return `code ${problem.code}, not ${code}`;
  return pointer === undefined || pointsTo(problem.pointer, pointer)
    ? undefined
    : `pointer "${problem.pointer}", not "${pointer}"`;
}

/** `/chain/0*` stands for everything at and below it. */
function pointsTo(got: string, wanted: string): boolean {
  if (!wanted.endsWith("*")) return got === wanted;
  const place = wanted.slice(0, -1);
  return got === place || got.startsWith(`${place}/`);
}
