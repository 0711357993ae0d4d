/** Gives the rows of a request to an analysis task, and writes its reply, both in short turns. */
import type { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RowReader } from "../../../analysis/row-reader.ts";
import type { Task, TaskContext } from "../../../analysis/tasks/task.ts";
import { assert, Problem } from "../../../errors.ts";
import type { Row } from "../../../kernels/kernel.ts";
import { openAnalysisJson } from "../../../wire/analysis/json.ts";
import type { AnalysisHead, AnalysisReader, AnalysisRow } from "../../../wire/analysis/reader.ts";
import { openAnalysisTensor } from "../../../wire/analysis/tensor.ts";
import { TextPieces, WrittenList, writeInPieces } from "../../../wire/json/pieces.ts";
import { arrive } from "../../exchange/arrive.ts";
import type { Opener } from "../../exchange/open-body.ts";
import type { Service } from "../../exchange/service.ts";
import { JSON_TYPE } from "../../exchange/step-answers.ts";
import { inTurns, ownerOf } from "../../exchange/turns.ts";

/** What the analysis routes need. */
export interface Analysis {
  readonly service: Service;
  /** one for all requests: it holds nothing between two rows */
  readonly reader: RowReader;
}

const ANALYSIS_BODY: Opener<AnalysisReader> = {
  json: openAnalysisJson,
  tensor: openAnalysisTensor,
  lists: new Set(["shape", "targets", "labels", "threshold"]),
};

export interface Analyzed<Kind extends Task> {
  readonly task: Kind;
  /** JSON of its reply, in pieces when it is long */
  readonly text: string | readonly Buffer[];
}

/** Reads the body, gives every row to the task that `begin` makes of the options, finishes the task and writes its reply. */
export async function analyze<Kind extends Task>(
  { service }: Analysis,
  request: FastifyRequest,
  reply: FastifyReply,
  begin: (head: AnalysisHead, lease: () => Row) => Kind,
): Promise<Analyzed<Kind>> {
  const { limits } = service.config;
  const many = { ...service, wire: { ...service.wire, batch_rows_max: limits.analysis_rows_max } };
  const ticket = service.admission.enter(request.record.client);
  const owner = ownerOf(ticket, reply);
  let task: Kind | undefined;
  const next = (reader: AnalysisReader) => {
    if (reader.plan === undefined) return false;
    task ??= begin(reader.plan.head, ticket.lease);
    const row = reader.next();
    if (row === undefined) return false;
    takeRow(task, row);
    return true;
  };
  try {
    await arrive(ANALYSIS_BODY, many, request, ticket, { owner, next });
    assert(task !== undefined, "a body that ended well has its head");
    const { result } = await inTurns(owner, finished(task));
    return { task, text: result };
  } finally {
    ticket.leave();
  }
}

function* finished(task: Task): Generator<undefined, string | readonly Buffer[]> {
  const reply = yield* task.finish();
  yield;
  const text = new TextPieces();
  yield* writeInPieces(reply, text);
  return text.all();
}

/** Sends the JSON of a task's reply, long ones as the connection takes them. */
export function sendText(reply: FastifyReply, text: string | readonly Buffer[]): FastifyReply {
  reply.type(JSON_TYPE);
  if (typeof text === "string") return reply.send(text);
  const bytes = text.reduce((sum, { length }) => sum + length, 0);
  return reply.header("content-length", bytes).send(Readable.from(text));
}

/** The context of a task, from the parsed request. */
export function taskContext({ reader }: Analysis, head: AnalysisHead, temperature: number): TaskContext {
  const { single, values_expected } = head;
  const results = new WrittenList(); // results are written as rows come
  return { reader, single, values_expected, inverse_temperature: 1 / temperature, results };
}

function takeRow(task: Task, row: AnalysisRow): void {
  try {
    task.take(row);
  } catch (error) {
    throw error instanceof Problem ? row.place(error) : error;
  }
}
