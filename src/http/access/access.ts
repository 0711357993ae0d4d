/** Checks a request: first its API key, then the rate of that key, or of the address where the service has no keys. */
import type { IncomingMessage } from "node:http";
import type { Config } from "../../config/config.ts";
import type { KeyGrant } from "../../config/keys.ts";
import { Problem, shorten } from "../../errors.ts";
import { keyIndex } from "./keys.ts";
import { allowsOrigin, isSameOrigin } from "./origins.ts";
import { addressOf, createRateLimit } from "./rate.ts";

export interface Access {
  /** false when only the origin of WebSockets has to be checked */
  readonly needed: boolean;
  check(raw: IncomingMessage, now_ms: number): Verdict;
  /** The client of a request that needs no check: its address. */
  addressOf(raw: IncomingMessage): string;
  /** Refuses a WebSocket from the page of an origin that may not call: browsers send no preflight for WebSockets. */
  checkUpgrade(raw: IncomingMessage): Problem | undefined;
}

export interface Verdict {
  /** the client: the id of its key, or its address */
  readonly client?: string;
  /** what the owner of the key may do; undefined: all */
  readonly grant?: KeyGrant | undefined;
  readonly problem?: Problem;
  /** whole seconds, with rate_limited */
  readonly retry_after_s?: number;
  /** the value of WWW-Authenticate, with unauthorized */
  readonly challenge?: string;
}

/** RFC 6750, 3: without a code when nothing was sent, with one when it was wrong. */
const ASK = 'Bearer realm="logit-sampler"';

export function createAccess({ key_digests, key_grants, cors_origins, limits }: Config): Access {
  const { rate_per_second, rate_burst, proxy_hops } = limits;
  const keyed = key_digests.length > 0;
  const rate = rate_per_second > 0 ? createRateLimit(limits) : undefined;
  // A request that a test injects has no connection.
  const addressIn = ({ socket, headers }: IncomingMessage) =>
    addressOf(socket?.remoteAddress, headers["x-forwarded-for"], proxy_hops);
  return {
    needed: keyed || rate !== undefined,
    addressOf: addressIn,
    check(raw, now_ms) {
      const key = keyed ? keyIndex(key_digests, raw.headers) : undefined;
      if (keyed && (key === undefined || key < 0)) return unauthorized(key === undefined);
      const client = key === undefined ? addressIn(raw) : `key ${key}`;
      const grant = key === undefined ? undefined : key_grants[key];
      if (grant !== undefined && !mayCall(grant, raw.url))
        return { client, problem: notForKey(grant, raw.url) };
      const wait_s = rate?.take(client, now_ms) ?? 0;
      if (wait_s === 0) return grant === undefined ? { client } : { client, grant };
      return {
        client,
        problem: new Problem(
          "rate_limited",
          `a ${keyed ? "key" : "client"} may send ${rate_per_second} requests a second (rate_per_second) and ${rate_burst} at once (rate_burst); try again in ${wait_s.toFixed(3)} s`,
        ),
        retry_after_s: Math.ceil(wait_s),
      };
    },
    checkUpgrade({ headers }) {
      const { origin } = headers;
      if (origin === undefined || isSameOrigin(headers) || allowsOrigin(cors_origins, origin))
        return undefined;
      return new Problem(
        "forbidden",
        `pages of ${origin} may not open streams here: CORS_ORIGINS does not name it`,
      );
    },
  };
}

function mayCall({ routes }: KeyGrant, url = "/"): boolean {
  return routes === undefined || routes.includes(pathOf(url));
}

function pathOf(url: string): string {
  return url.split("?", 1)[0] as string; // a text has a first part
}

function notForKey({ id, routes = [] }: KeyGrant, url = "/"): Problem {
  const allowed = routes.length === 0 ? "no route" : `${routes.join(", ")} only`;
  return new Problem("forbidden", `the key of ${id} may call ${allowed}, got ${shorten(pathOf(url))}`);
}

function unauthorized(absent: boolean): Verdict {
  return absent
    ? {
        problem: new Problem(
          "unauthorized",
          "send a key as Authorization: Bearer, or as X-API-Key; got none",
        ),
        challenge: ASK,
      }
    : {
        problem: new Problem("unauthorized", "the key is not one of this server"),
        challenge: `${ASK}, error="invalid_token"`,
      };
}
