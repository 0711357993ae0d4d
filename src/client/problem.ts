/** A refusal of the service, as an error: RFC 9457 with a code, and a pointer into the request. */

export class ServiceProblem extends Error {
  override readonly name = "ServiceProblem";
  /** HTTP status; of a row in a batch or a stream, the status it would have had alone */
  readonly status: number;
  /** what kind of failure it is: `invalid_option`, `nan_logit`, `overloaded`, … */
  readonly code: string;
  /** the rule and the value received */
  readonly detail: string;
  /** RFC 6901, into the request */
  readonly pointer: string;
  readonly request_id: string;
  /** set when the service asks for a retry */
  readonly retry_after_s: number | undefined;

  constructor(status: number, body: unknown, retry_after_s?: number) {
    const text = (name: string) => (isRecord(body) && typeof body[name] === "string" ? body[name] : "");
    super(`${status} ${text("code")}: ${text("detail")} ${text("pointer")}`.trimEnd());
    this.status = status;
    this.code = text("code");
    this.detail = text("detail");
    this.pointer = text("pointer");
    this.request_id = text("request_id");
    this.retry_after_s = retry_after_s;
  }
}

/** The problem in a response. */
export async function problemOf(response: Response): Promise<ServiceProblem> {
  const text = await response.text();
  const after = response.headers.get("retry-after") ?? "";
  return new ServiceProblem(response.status, parsed(text), /^\d+$/.test(after) ? Number(after) : undefined);
}

/** Every reply of a step, a draft or a search has one of these fields. No problem has. */
const REPLY_FIELDS = ["token_id", "token_ids", "beams"];

/** The problem in the place of a reply, in a batch or on a stream; undefined for a reply. */
export function problemIn(result: object): ServiceProblem | undefined {
  if (REPLY_FIELDS.some((name) => name in result)) return undefined;
  return new ServiceProblem((result as { readonly status: number }).status, result);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { detail: text.slice(0, 500) };
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
