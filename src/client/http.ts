/** One request to the service: its time limit, its problems and its retries. */
import { problemOf, ServiceProblem } from "./problem.ts";

export interface ClientOptions {
  /** sent with every request: `{ authorization: "Bearer …" }` */
  readonly headers?: Readonly<Record<string, string>>;
  /** time limit in milliseconds, for each attempt, and for each answer on a stream. Default 30,000. */
  readonly timeout_ms?: number;
  /**
   * Maximum number of retries after a 503 with Retry-After or a lost connection. Default 2. Only when that is safe: the service
   * itself said that it never began (its problems `overloaded` and `shutting_down`), or the request has a `seed`, so that the
   * same bytes would come again. A 503 of a proxy on the way to a request without a seed is not retried: the token may have been
   * drawn, and another would be drawn now.
   */
  readonly retries?: number;
  /** replaces the platform's fetch */
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

/** Longest Retry-After that the client waits for. */
const RETRY_AFTER_S_MAX = 30;
/** Wait before the first retry of a lost connection; each further wait is four times as long. */
const LOST_PAUSE_S = 0.1;

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
  /** true when every draw has a seed */
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
    return reached(transport.url, async () => {
      const response = await transport.fetch(transport.url + path, {
        method: "POST",
        headers: { ...transport.headers, ...headers },
        body,
        signal: call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]),
      });
      if (!response.ok) throw await problemOf(response);
      return response.json() as Promise<unknown>;
    });
  });
}

/** A connection that was refused or lost; its cause is the error of fetch. */
class Unreached extends TypeError {}

/** An error of fetch without an address ("fetch failed") is reported with the address and its cause. */
export async function reached<Result>(url: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { message } = (error.cause ?? error) as Error;
    throw new Unreached(`no answer from ${url}: ${message || error.message}`, { cause: error });
  }
}

/** Repeats an attempt until it succeeds, as often and as long as a retry is safe. */
export async function retrying<Result>(
  { retries }: Pick<Transport, "retries">,
  seeded: boolean,
  { signal }: CallOptions,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let tried = 0; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const pause_s = tried < retries ? pauseBefore(error, seeded, tried) : undefined;
      if (pause_s === undefined) throw error;
      await pause(pause_s * 1000, signal);
    }
  }
}

/** Seconds to wait before the next attempt; undefined when there must be none. */
function pauseBefore(error: unknown, seeded: boolean, tried: number): number | undefined {
  if (error instanceof Unreached) return seeded ? LOST_PAUSE_S * 4 ** tried : undefined;
  if (!(error instanceof ServiceProblem) || error.status !== 503) return undefined;
  if (!seeded && error.code !== "overloaded" && error.code !== "shutting_down") return undefined;
  return error.retry_after_s === undefined ? undefined : Math.min(error.retry_after_s, RETRY_AFTER_S_MAX);
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
