/** From a request with rows to a task that has seen them all, and from its reply to text; both in short turns. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RowReader } from "../analysis/row-reader.ts";
import type { Task, TaskContext } from "../analysis/tasks/task.ts";
import { assert, Problem } from "../errors.ts";
import { openAnalysisJson } from "../wire/analysis-json.ts";
import type { AnalysisHead, AnalysisReader, AnalysisRow } from "../wire/analysis-reader.ts";
import { openAnalysisTensor } from "../wire/analysis-tensor.ts";
import { inTurns, nextTurn, TURN_MS } from "./admission/turns.ts";
import { arrive } from "./line/arrive.ts";
import type { Opener } from "./line/open-body.ts";
import type { Service } from "./service.ts";

/** What the analysis routes are given. */
export interface Analysis {
  readonly service: Service;
  /** one for all requests: nothing is left in it between two rows */
  readonly reader: RowReader;
}

export interface Analyzed<Kind extends Task> {
  readonly task: Kind;
  readonly reply: unknown;
}

const ANALYSIS_BODY: Opener<AnalysisReader> = {
  json: openAnalysisJson,
  tensor: openAnalysisTensor,
  lists: new Set(["shape", "targets", "labels", "threshold"]),
};

/** Reads the body, gives every row to the task that `begin` makes of the options, and finishes the task. */
export async function analyze<Kind extends Task>(
  { service }: Analysis,
  request: FastifyRequest,
  reply: FastifyReply,
  begin: (head: AnalysisHead) => Kind,
): Promise<Analyzed<Kind>> {
  const { limits } = service.config;
  const many = { ...service, wire: { ...service.wire, batch_rows_max: limits.analysis_rows_max } };
  const visit = service.admission.enter();
  let task: Kind | undefined;
  /** Takes the rows that are ready, for at most this long; false when more may be. */
  const take = (reader: AnalysisReader, turn_ms = Number.POSITIVE_INFINITY) => {
    if (reader.head === undefined) return true;
    task ??= begin(reader.head);
    const until = performance.now() + turn_ms;
    for (let row = reader.next(); row !== undefined; row = reader.next()) {
      takeRow(task, row);
      if (performance.now() > until) return false;
    }
    return true;
  };
  try {
    const reader = await arrive(ANALYSIS_BODY, many, request, visit, (each) => take(each));
    while (!take(reader, TURN_MS)) await nextTurn(reply);
    assert(task !== undefined, "a body that ended well has its head");
    return { task, reply: (await inTurns(task.finish(), reply)).result };
  } finally {
    visit.leave();
  }
}

/** The context of a task, from what was asked. */
export function taskContext({ reader }: Analysis, head: AnalysisHead, temperature: number): TaskContext {
  const { single, values_expected } = head;
  return { reader, single, values_expected, inverse_temperature: 1 / temperature };
}

/** JSON text of a reply. A list of results is written row by row, so that a long one does not take one long turn. */
export async function writeReply(value: unknown, reply: FastifyReply): Promise<string> {
  if (!isList(value)) return JSON.stringify(value);
  const { results, ...rest } = value;
  const texts: string[] = [];
  let until = performance.now() + TURN_MS;
  for (const result of results) {
    texts.push(JSON.stringify(result));
    if (performance.now() < until) continue;
    await nextTurn(reply);
    until = performance.now() + TURN_MS;
  }
  const others = JSON.stringify(rest).slice(1);
  return `{"results":[${texts.join(",")}]${others === "}" ? "" : ","}${others}`;
}

function takeRow(task: Task, row: AnalysisRow): void {
  try {
    task.take(row);
  } catch (error) {
    throw error instanceof Problem ? row.place(error) : error;
  }
}

function isList(value: unknown): value is { readonly results: readonly unknown[] } {
  return typeof value === "object" && value !== null && "results" in value && Array.isArray(value.results);
}
