/** One request to the service: its time limit, its problems, and when it may be sent again. */
import { problemOf, ServiceProblem } from "./problem.ts";

export interface ClientOptions {
  /** sent with every request: `{ authorization: "Bearer …" }` */
  readonly headers?: Readonly<Record<string, string>>;
  /** for each attempt, and for each answer on a stream. Default 30,000. */
  readonly timeout_ms?: number;
  /**
   * How often a request is sent again after a 503 with Retry-After. Default 2. Only when that is safe: the service
   * itself said that it never began (its problems `overloaded` and `shutting_down`), or the request has a `seed`,
   * so that the same bytes would come again. A 503 of a proxy on the way to a request without a seed is not
   * retried: the token may have been drawn, and another would be drawn now.
   */
  readonly retries?: number;
  /** in place of the platform's own */
  readonly fetch?: typeof globalThis.fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface Transport {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout_ms: number;
  readonly retries: number;
  readonly fetch: typeof globalThis.fetch;
}

/** Longest wait that a Retry-After may ask for. */
const RETRY_AFTER_S_MAX = 30;

export function transportOf(url: string, options: ClientOptions): Transport {
  return {
    url: url.replace(/\/+$/, ""),
    headers: options.headers ?? {},
    timeout_ms: options.timeout_ms ?? 30_000,
    retries: options.retries ?? 2,
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
  };
}

export interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string;
  /** whether all that is drawn has a seed */
  readonly seeded: boolean;
}

/** The JSON of the reply. Throws a ServiceProblem, or what fetch throws. */
export function post(
  transport: Transport,
  { path, headers, body, seeded }: Post,
  call: CallOptions,
): Promise<unknown> {
  return retrying(transport, seeded, call, async () => {
    const timeout = AbortSignal.timeout(transport.timeout_ms);
    const response = await transport.fetch(transport.url + path, {
      method: "POST",
      headers: { ...transport.headers, ...headers },
      body,
      signal: call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]),
    });
    if (!response.ok) throw await problemOf(response);
    return response.json();
  });
}

/** Attempts until one succeeds, as often and only as long as that is safe. */
export async function retrying<Result>(
  { retries }: Pick<Transport, "retries">,
  seeded: boolean,
  { signal }: CallOptions,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let left = retries; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 0 || !mayRetry(error, seeded)) throw error;
      await pause(Math.min(error.retry_after_s, RETRY_AFTER_S_MAX) * 1000, signal);
    }
  }
}

type Retryable = ServiceProblem & { readonly retry_after_s: number };

function mayRetry(error: unknown, seeded: boolean): error is Retryable {
  if (!(error instanceof ServiceProblem) || error.status !== 503) return false;
  if (error.retry_after_s === undefined) return false;
  return seeded || error.code === "overloaded" || error.code === "shutting_down";
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}
