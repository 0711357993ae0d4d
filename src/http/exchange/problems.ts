import { type IncomingMessage, maxHeaderSize } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Limits } from "../../config/config.ts";
import { Problem, type ProblemCode, shorten } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { isOpenAiPath, writeOpenAiError } from "../../wire/openai-error.ts";
import { writeProblem } from "../../wire/reply.ts";
import { inferErrorStatus, writeInferError } from "../../wire/v2/reply.ts";
import { RETRY_AFTER_S } from "../admission/admission.ts";
import { arrivingRequest, currentAnswer, whenAnswered } from "../node/answers.ts";
import { DirectSocket, lingerAndEnd } from "../node/direct-socket.ts";
import { causeOf } from "../observe/request-log.ts";
import type { RequestRecord } from "../observe/request-record.ts";
import { ClientGone } from "./client-gone.ts";
import { isV2, V2_JSON_TYPE } from "./json-type.ts";
import { discard } from "./read-body.ts";
import type { Service } from "./service.ts";

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** The codes of problems, by the code of Fastify's error. */
const FRAMEWORK_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_BAD_URL: "malformed_request",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "malformed_header",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_EMPTY_TYPE: "unsupported_media_type",
  FST_ERR_MAX_PARAM_LENGTH: "not_found",
};

/** An error as a Problem. An unknown error is a defect of this service; its message goes to the log only. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, message } = error as Partial<FastifyError>; // any thrown value may lack them
  const known = code === undefined ? undefined : FRAMEWORK_CODES[code];
  if (known !== undefined) return new Problem(known, message ?? known);
  return new Problem("internal_error", "the server failed; the log of the server says how");
}

/** The answer to a problem. */
interface ProblemAnswer {
  readonly status: number;
  /** name, value, name, value … */
  readonly headers: readonly string[];
  readonly text: string;
}

/** The answer to a problem, in the form that clients of the path expect. */
export function problemAnswer(problem: Problem, raw: IncomingMessage, request_id: string): ProblemAnswer {
  const url = raw.url ?? "";
  const answer = (type: string, text: string, status: number = problem.status) => ({
    status,
    headers: problemHeaders(problem, raw, type),
    text,
  });
  if (isV2(url)) return answer(V2_JSON_TYPE, writeInferError(problem), inferErrorStatus(problem));
  if (isOpenAiPath(url)) return answer("application/json; charset=utf-8", writeOpenAiError(problem));
  return answer(PROBLEM_TYPE, writeProblem(problem, request_id));
}

function problemHeaders({ status }: Problem, raw: IncomingMessage, type: string): string[] {
  const headers = ["content-type", type];
  if (status === 503) headers.push("retry-after", String(RETRY_AFTER_S));
  // The end of the body is unknown, so the next request cannot be found.
  if (raw.complete === false && hasBody(raw)) headers.push("connection", "close");
  return headers;
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined;
}

/** Answers a request with a problem. Its record keeps the problem, which is counted and logged at the end. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  const record: RequestRecord | undefined = request.record;
  if (record !== undefined) {
    record.problem = problem;
    record.defect = error;
  } else request.log.info(causeOf(problem, request.log), "refused");
  const { status, headers, text } = problemAnswer(problem, request.raw, request.id);
  addHeaders(reply, headers);
  return reply.code(status).send(text);
}

/** Adds headers given as name, value, name, value … */
export function addHeaders(reply: FastifyReply, headers: readonly string[]): void {
  for (let index = 0; index + 1 < headers.length; index += 2)
    reply.header(headers[index] as string, headers[index + 1]); // both lie within the list
}

/** Refuses a request whose body was not read. The body is read first, so that the client can read the answer. */
async function refuseUnread(
  service: Service,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (hasBody(request.raw)) await discard(service, request.raw);
  return sendProblem(problem, request, reply);
}

/** Installs the handlers. Call before the routes. */
export function addProblems(app: FastifyInstance, service: Service): void {
  const routes: { readonly url: string; readonly path: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    routes.push({ url, path: patternOf(url), methods: [method].flat() });
  });
  const notFound = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const methods = routes.flatMap((route) => (route.path.test(path) ? route.methods : []));
    const allowed = [...new Set(methods)].sort().join(", ");
    if (allowed === "") return refuseUnread(service, nothingAt(path, routes), request, reply);
    const detail = `${shorten(path)} takes ${allowed}, got ${request.method}`;
    const problem = new Problem("method_not_allowed", detail);
    return refuseUnread(service, problem, request, reply.header("allow", allowed));
  };
  app.setNotFoundHandler(notFound);
  app.setErrorHandler((error, request, reply) => {
    // Fastify checks the Content-Type of a QUERY before it looks for a route.
    const { code } = error as Partial<FastifyError>; // any thrown value may lack it
    if (code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE") return notFound(request, reply);
    if (!(error instanceof ClientGone)) return sendProblem(error, request, reply);
    request.log.info("the client went away");
    return reply.hijack();
  });
}

/** Paths at which other services accept text. */
const TEXT_PATHS =
  /^\/(?:v1\/)?(?:chat\/completions|completions|completion|messages|responses|embeddings|generate|models(?:\/.*)?)\/?$/;

/** Paths at which Triton's and KServe's clients name a model. */
const MODEL_PATHS = /^\/v2\/models\/([^/]+)/;

/** The message for an unknown path, with the path that was perhaps meant. */
function nothingAt(path: string, routes: readonly { readonly url: string }[]): Problem {
  const [, model] = MODEL_PATHS.exec(path) ?? [];
  if (model !== undefined && model !== "sampler")
    return new Problem("not_found", `there is no model ${shorten(model)}: the one here is sampler`);
  const known = routes.map(({ url }) => url).filter((url) => !url.includes("*") && !url.includes(":"));
  const hint = TEXT_PATHS.test(path)
    ? ": this service runs no model: it takes logits, not text, and answers with a token: POST /v1/sample"
    : didYouMean(path, known);
  return new Problem("not_found", `there is nothing at ${shorten(path)}${hint}`);
}

/** A pattern for a route's path: `:name` is one segment, `*` the rest. */
function patternOf(url: string): RegExp {
  const parts = url.split("/").map((part) => {
    if (part === "*") return ".*";
    return part.startsWith(":") ? "[^/]+" : part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}

/** The codes of problems, by the code of Node's parser error. Any other error is `malformed`. */
function parserProblem(code: string | undefined, { headers_timeout_ms }: Limits): Problem {
  if (code === "HPE_HEADER_OVERFLOW")
    return new Problem(
      "headers_too_large",
      `the head of a request may have at most ${maxHeaderSize} bytes, got more`,
    );
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new Problem(
      "headers_timeout",
      `the head of a request must arrive within ${headers_timeout_ms} ms (headers_timeout_ms)`,
    );
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW")
    return new Problem("body_too_large", "the chunk extensions of the body are too long");
  return new Problem("malformed_request", `the request is not HTTP: ${code}`);
}

/** Answers bytes that are not HTTP, after the answers to all requests before them, and ends the connection. Without a request, the answer is written by hand. */
export function answerMalformed(
  { config, counters }: Pick<Service, "config" | "counters">,
  error: Error & { readonly code?: string },
  socket: Socket,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = parserProblem(error.code, config.limits);
  counters.rejected(problem.code);
  if (socket instanceof DirectSocket) socket.hold();
  const broken = arrivingRequest(socket);
  const answer = () => {
    // A stream whose chunks are broken is being answered already.
    if (currentAnswer(socket)?.headersSent) socket.destroy();
    else endWith(socket, malformedAnswer(problem));
  };
  whenAnswered(socket, answer, broken);
}

/** The parser reads no more of this connection. */
function endWith(socket: Socket, text: string): void {
  socket.removeAllListeners("data");
  socket.write(text);
  if (socket instanceof DirectSocket) socket.release();
  lingerAndEnd(socket);
}

function malformedAnswer(problem: Problem): string {
  const body = writeProblem(problem, "");
  return `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

/** A listener of a connection threw. The connection ends; an error that is not a Problem is a defect of this service. */
export function connectionFailed({ counters, log }: Pick<Service, "counters" | "log">, error: unknown): void {
  const problem = problemOf(error);
  counters.rejected(problem.code);
  if (problem.code === "internal_error") log?.error({ err: error }, "a defect ended a connection");
  else log?.info({ code: problem.code }, "a connection was ended");
}
