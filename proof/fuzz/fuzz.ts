/**
 * Mutated requests in great number over kept-alive connections. Case i of a seed is always the same request, so that
 * `npm run proof:fuzz -- --seed 1 --only 4711` replays one and prints it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded } from "../../evidence/seeded.ts";
import { startService } from "../../evidence/service.ts";
import { Connection, type Reply } from "../connection.ts";
import { encode, encodeChunked, type Message } from "../message.ts";
import { complaintOf } from "../oracle/contract.ts";
import { judge } from "../oracle/judge.ts";
import { VOCAB_SIZE_MAX } from "../oracle/logits.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { mutate } from "./mutate.ts";
import { INFERENCES, REQUESTS, STREAMS, UNJUDGED } from "./seeds.ts";
import { refusedRows } from "./streams.ts";

const CASES = { short: 2500, long: 100_000 };
const CONNECTIONS = 4;
const WORST_MS_MAX = 250;
/** wrong answers that are shown; the rest is only counted */
const SHOWN_MAX = 10;

/** The check of answers to requests that were made from these seeds. */
const WRONG_WITH = new Map<readonly Message[], (message: Message, reply: Reply) => string | undefined>([
  [REQUESTS, wrongWith],
  [UNJUDGED, wrongWithUnjudged],
  [STREAMS, wrongWithStream],
  [INFERENCES, wrongWithInference],
]);
/** Most requests are of the first kind. */
const SEEDS = [...Array<readonly Message[]>(4).fill(REQUESTS), UNJUDGED, UNJUDGED, STREAMS, INFERENCES];

export const FUZZ: Proof = {
  name: "fuzz",
  promise: "no request breaks the service, and no invalid request is accepted",
  run,
};

interface Findings {
  readonly by_status: Map<number, number>;
  readonly wrong: string[];
  worst_ms: number;
}

async function run(form: Form, report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "proof-fuzz-"));
  const keys = join(folder, "keys");
  await writeFile(keys, "main 0x2a\n", { mode: 0o600 });
  const service = await startService({
    LOGIT_SAMPLER_VOCAB_SIZE_MAX: String(VOCAB_SIZE_MAX),
    WATERMARK_KEYS_FILE: keys,
  });
  const found: Findings = { by_status: new Map(), wrong: [], worst_ms: 0 };
  try {
    await requireSeedsTaken(service.url);
    const workers = service.worker_pids.length;
    const last = form.only === undefined ? CASES[form.long ? "long" : "short"] : form.only + 1;
    let next = form.only ?? 0;
    const client = async () => {
      const connection = new Connection(service.url);
      while (next < last) await runCase(next++, form, connection, found);
      connection.close();
    };
    const began_ms = performance.now();
    await Promise.all(Array.from({ length: form.only === undefined ? CONNECTIONS : 1 }, client));
    const seconds = (performance.now() - began_ms) / 1000;
    tell(report, found, last, seconds);
    report.claim("no worker died", service.worker_pids.length === workers);
  } finally {
    await service.stop();
    await rm(folder, { recursive: true });
  }
}

function tell(
  report: Report,
  { by_status, wrong, worst_ms }: Findings,
  cases: number,
  seconds: number,
): void {
  for (const each of wrong.slice(0, SHOWN_MAX)) report.note(each);
  const statuses = [...by_status].sort(([a], [b]) => a - b);
  report.claim(
    `${cases} mutated requests: no 5xx, no broken connection, every reply fits the contract, nothing invalid is accepted`,
    wrong.length === 0,
    `${wrong.length} wrong`,
  );
  report.figure("statuses", statuses.map(([status, count]) => `${status}: ${count}`).join(", "));
  report.figure("requests", `${(cases / seconds).toFixed(0)} a second`);
  report.timed(
    `the worst answer takes less than ${WORST_MS_MAX} ms`,
    worst_ms < WORST_MS_MAX,
    `${worst_ms.toFixed(1)} ms`,
  );
}

/** A refused seed would only test the refusal again. */
async function requireSeedsTaken(url: string): Promise<void> {
  const connection = new Connection(url);
  for (const message of [...REQUESTS, ...UNJUDGED, ...INFERENCES, ...STREAMS]) {
    const reply = await connection.exchange(encode(message));
    const judged = REQUESTS.includes(message) ? judge(message) : {};
    const is_taken = reply.status === 200 && !reply.body.includes('"status":');
    if (!is_taken) throw new Error(`a seed is refused: ${message.path} ${shown(message)}: ${reply.body}`);
    const refusal = judged.refusal ?? judged.rows?.find((row) => row !== undefined);
    if (refusal !== undefined) throw new Error(`the oracle refuses a seed: ${shown(message)}: ${refusal}`);
  }
  connection.close();
}

async function runCase(
  index: number,
  { seed, only }: Form,
  connection: Connection,
  found: Findings,
): Promise<void> {
  const random = seeded(seed, index);
  const seeds = random.pick(SEEDS);
  const message = mutate(random.pick(seeds), random);
  const bytes = random.oneIn(5) ? encodeChunked(message, 1 + random.below(200)) : encode(message);
  const began_ms = performance.now();
  let reply: Reply | undefined;
  let wrong: string | undefined;
  try {
    reply = await connection.exchange(bytes);
    found.worst_ms = Math.max(found.worst_ms, performance.now() - began_ms);
    found.by_status.set(reply.status, (found.by_status.get(reply.status) ?? 0) + 1);
    wrong = WRONG_WITH.get(seeds)?.(message, reply);
  } catch (error) {
    wrong = String(error);
  }
  if (wrong !== undefined)
    found.wrong.push(
      `case ${index}: ${wrong} | ${message.path} ${shown(message)} → ${reply?.body.slice(0, 200)}`,
    );
  if (only !== undefined)
    console.log(message.path, message.headers, `\n${shown(message, 5000)}\n→`, reply?.status, reply?.body);
  if (reply?.headers.get("connection") === "close") await connection.closed(1000);
  // An unread reply would be taken for the next answer.
  if (connection.unread !== "") connection.close();
}

/** Schemas of replies to requests that no oracle reads. */
const REPLIES: Readonly<Record<string, string>> = {
  "/v1/beam": "BeamReply",
  "/v1/resample": "ResampleReply",
};

/** A request that no oracle can judge is either accepted and answered as its schema says, or refused with a problem. */
function wrongWithUnjudged({ path }: Message, reply: Reply): string | undefined {
  const schema = REPLIES[path];
  if (reply.status === 200)
    return schema === undefined ? undefined : complaintOf(schema, JSON.parse(reply.body));
  return reply.status >= 500 ? `status ${reply.status}` : wrongWithProblem(reply);
}

/** /v2 has its own form of errors, and no schema to compare with. */
function wrongWithInference(_message: Message, { status, body }: Reply): string | undefined {
  if (status >= 500) return `status ${status}`;
  if (status === 200) return undefined;
  const { error } = JSON.parse(body) as { error?: unknown };
  return typeof error === "string" && status >= 400 ? undefined : `${status} without an error text`;
}

interface Answer {
  readonly results?: readonly { readonly status?: number }[];
  readonly arms?: readonly { readonly problem?: unknown }[];
}

/** The error in an answer; undefined when there is none. */
function wrongWith(message: Message, reply: Reply): string | undefined {
  if (reply.status >= 500) return `status ${reply.status}`;
  if (reply.status !== 200) return wrongWithProblem(reply);
  const { refusal, rows, unreadable } = judge(message);
  const answer = JSON.parse(reply.body) as Answer; // whatever it is, it is looked at with care
  if (refusal !== undefined) {
    // A comparison reports a problem for each arm, and an explicit chain has no use for short options.
    const arm_refused = answer.arms?.some(({ problem }) => problem !== undefined) ?? false;
    return arm_refused ? undefined : `accepted though ${refusal}`;
  }
  if (unreadable !== undefined) {
    const one_refused = answer.results?.some(({ status }) => status !== undefined) ?? false;
    return one_refused ? undefined : `accepted though ${unreadable}`;
  }
  if (rows !== undefined) return wrongWithRows(rows, answer);
  return message.path.startsWith("/v1/sample") ? complaintOf("StepReply", answer) : undefined;
}

function wrongWithRows(rows: readonly (string | undefined)[], answer: Answer): string | undefined {
  const { results = [] } = answer;
  if (results.length !== rows.length) return `${results.length} results for ${rows.length} rows`;
  const accepted = results.findIndex((result, i) => result.status === undefined && rows[i] !== undefined);
  return accepted >= 0
    ? `row ${accepted} accepted though ${rows[accepted]}`
    : complaintOf("BatchReply", answer);
}

function wrongWithProblem({ status, headers, body }: Reply): string | undefined {
  if (status < 400) return `status ${status}`;
  if (!headers.get("content-type")?.startsWith("application/problem+json")) return "not problem+json";
  const problem: unknown = JSON.parse(body);
  return (
    complaintOf("Problem", problem) ??
    ((problem as { status: number }).status === status ? undefined : "another status inside")
  );
}

/** Reply lines are in the order of the rows; a line that is no token may also be the last one of the stream. */
function wrongWithStream(message: Message, reply: Reply): string | undefined {
  if (reply.status !== 200) return reply.status >= 500 ? `status ${reply.status}` : wrongWithProblem(reply);
  const refused = refusedRows(message);
  const lines = reply.body.split("\n").filter((line) => line !== "");
  for (const [i, line] of lines.entries()) {
    const answer = JSON.parse(line) as { status?: number };
    if (answer.status !== undefined) {
      if (answer.status >= 500) return `line ${i} has status ${answer.status}`;
      continue;
    }
    if (i >= refused.length) return `line ${i} answers no row`;
    if (refused[i] !== undefined) return `row ${i} accepted though ${refused[i]}`;
    const complaint = complaintOf("StepReply", answer);
    if (complaint !== undefined) return `line ${i}: ${complaint}`;
  }
  return undefined;
}

function shown({ headers = {}, body = "" }: Message, length = 400): string {
  const text = Buffer.from(body as Uint8Array).toString("latin1");
  return `${JSON.stringify(headers)} ${JSON.stringify(text.slice(0, length))}`;
}
