/**
 * Each form of request separately: many at once, which must all get the same answer; cut in two at every byte, which
 * must not change the answer; and from clients that send without end, read nothing and disconnect.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type Reply } from "../connection.ts";
import { hold } from "../holding/ways.ts";
import { encode, f32 } from "../message.ts";
import type { Report } from "../proof.ts";
import { converse } from "./converse.ts";
import { REQUESTS, STREAMS } from "./forms.ts";

const AT_ONCE = 64;
/** Few enough that the first segment is read before the second arrives. */
const CUT_AT_ONCE = 8;
/** A claim ends after this number of wrong answers, because a missing answer is waited for until the timeout. */
const WRONG_MAX = CUT_AT_ONCE;
/** How many times a client that reads nothing sends its bytes. */
const UNREAD = 20;
const UNREAD_MS = 100;
const PROBE = encode({ path: "/v1/sample?dtype=f32&temperature=0", body: f32([1, 3, 2]) });

/** The status of a refusal, or its problem among results and lines. */
const REFUSED = /^(?:none|HTTP\/1\.1 [45])|\n\{"(?:results":\[(?:.*,)?\{")?type":"urn:/;

interface Each {
  readonly name: string;
  readonly opening: Buffer;
  readonly again: Buffer;
  /** True when the text contains the complete answer once. */
  isWhole(text: string): boolean;
}

const EACH: readonly Each[] = [
  ...REQUESTS.filter(({ statuses }) => statuses.join() === "200").map(({ bytes }) => ({
    name: bytes.toString("latin1", 0, bytes.indexOf(" HTTP")),
    opening: Buffer.alloc(0),
    again: bytes,
    isWhole: hasBody,
  })),
  ...STREAMS.map(({ name, opening, messages, lines }) => ({
    name,
    opening,
    again: messages,
    isWhole: (text: string) => text.slice(headEnd(text)).split("\n").length > lines,
  })),
];

export async function proveEach(url: string, report: Report): Promise<void> {
  const alone = new Map<Each, string>();
  for (const form of EACH) alone.set(form, await answerOf(url, form));
  const refused = [...alone].filter(([, text]) => REFUSED.test(text));
  report.claim(
    `none of ${alone.size} forms is refused`,
    refused.length === 0,
    toldOf(refused.map(([{ name }, text]) => `${name}: ${text}`)),
  );
  await proveMany(url, alone, report);
  await proveCuts(url, alone, report);
  await proveUnread(url, report);
}

async function proveMany(url: string, alone: ReadonlyMap<Each, string>, report: Report): Promise<void> {
  const differ: string[] = [];
  for (const [form, expected] of alone) {
    if (differ.length >= WRONG_MAX) break;
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => answerOf(url, form)));
    for (const answer of answers) if (answer !== expected) differ.push(`${form.name}: ${answer}`);
  }
  report.claim(
    `each of ${alone.size} forms, sent ${AT_ONCE} times at once, gets the answer of a single request`,
    differ.length === 0,
    toldOf(differ),
  );
}

async function proveCuts(url: string, alone: ReadonlyMap<Each, string>, report: Report): Promise<void> {
  const differ: string[] = [];
  let exchanges = 0;
  for (const [form, expected] of alone) {
    const { length } = bytesOf(form);
    let cut = 0;
    const client = async () => {
      while (++cut < length && differ.length < WRONG_MAX) {
        const at = cut;
        const answer = await answerOf(url, form, at);
        exchanges += 1;
        if (answer !== expected) differ.push(`${form.name}, cut at ${at} of ${length}: ${answer}`);
      }
    };
    await Promise.all(Array.from({ length: CUT_AT_ONCE }, client));
  }
  report.claim(
    `cut in two at every byte, they get the same answer, ${exchanges} times`,
    differ.length === 0,
    toldOf(differ),
  );
}

async function proveUnread(url: string, report: Report): Promise<void> {
  const refused: string[] = [];
  for (const form of EACH) {
    const bytes = () => Buffer.concat([form.opening, ...Array<Buffer>(UNREAD).fill(form.again)]);
    const sockets = await hold(url, { name: form.name, connections: AT_ONCE, bytes });
    await sleep(UNREAD_MS);
    const { status, body } = await replyOf(url, PROBE);
    if (status !== 200) refused.push(`${form.name}: ${body}`);
    for (const socket of sockets) socket.destroy();
  }
  report.claim(
    `other clients are answered while ${AT_ONCE} clients send ${UNREAD} copies of each form and read nothing`,
    refused.length === 0,
    toldOf(refused),
  );
  const { status } = await replyOf(url, encode({ method: "GET", path: "/readyz" }));
  report.claim("the service is ready after they disconnect", status === 200, `${status}`);
}

/** How many, and the first. */
function toldOf(cases: readonly string[]): string {
  return [`${cases.length}`, ...cases.slice(0, 1)].join(": ");
}

async function replyOf(url: string, request: Buffer): Promise<Reply> {
  const client = new Connection(url);
  try {
    return await client.exchange(request);
  } finally {
    client.close();
  }
}

function bytesOf({ opening, again }: Each): Buffer {
  return Buffer.concat([opening, again]);
}

/** The answer to a form, without the headers that depend on time, and its duration. */
async function answerOf(url: string, form: Each, cut = 0): Promise<string> {
  const bytes = bytesOf(form);
  const parts = cut === 0 ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)];
  const text = await converse(url, parts, form.isWhole);
  return text?.replace(/^(?:date|x-request-id|server-timing): .*\r\n/gim, "") ?? "none";
}

function headEnd(text: string): number {
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? text.length : end + 4;
}

function hasBody(text: string): boolean {
  const length = /^content-length: (\d+)\r/im.exec(text.slice(0, headEnd(text)))?.[1];
  return length !== undefined && text.length >= headEnd(text) + Number(length);
}
