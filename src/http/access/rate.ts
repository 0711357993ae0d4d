/**
 * How often each client may come: a token bucket for each, filled at a steady rate and no fuller than a burst.
 * It is pure but for its own map, which is bounded: the client that was silent longest is forgotten first, and
 * begins with a full bucket when it comes back. Each worker counts for itself.
 */
export interface RateLimit {
  /** Takes one request of this client at this time; answers the seconds to wait when it comes too soon, else 0. */
  take(client: string, now_ms: number): number;
}

export interface RateOptions {
  readonly rate_per_second: number;
  readonly rate_burst: number;
  readonly rate_clients_max: number;
}

interface Bucket {
  /** requests that may come at once, at the time `at_ms` */
  left: number;
  at_ms: number;
}

export function createRateLimit({ rate_per_second, rate_burst, rate_clients_max }: RateOptions): RateLimit {
  /** in the order of their last request */
  const buckets = new Map<string, Bucket>();
  return {
    take(client, now_ms) {
      const bucket = buckets.get(client) ?? { left: rate_burst, at_ms: now_ms };
      buckets.delete(client);
      buckets.set(client, bucket);
      if (buckets.size > rate_clients_max) forgetFirst(buckets);
      const filled = bucket.left + ((now_ms - bucket.at_ms) / 1000) * rate_per_second;
      bucket.left = Math.min(rate_burst, filled);
      bucket.at_ms = now_ms;
      if (bucket.left < 1) return (1 - bucket.left) / rate_per_second;
      bucket.left -= 1;
      return 0;
    },
  };
}

function forgetFirst(buckets: Map<string, Bucket>): void {
  for (const client of buckets.keys()) {
    buckets.delete(client);
    return;
  }
}

/**
 * What stands for a client without a key: its address, or that which the outermost of `proxy_hops` trusted proxies
 * saw. All of an IPv6 network of 64 bits is one client, since one host may use any address of it (RFC 4291, 2.5.4).
 */
export function addressOf(
  remote: string | undefined,
  forwarded: string | string[] | undefined,
  proxy_hops: number,
): string {
  const hops = proxy_hops === 0 ? [] : String(forwarded ?? "").split(",");
  const address = hops.at(-proxy_hops)?.trim() || remote || "unknown";
  return address.includes(":") ? networkOf(address) : address;
}

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = "", after] = address.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return [...head, ...Array<string>(zeros).fill("0"), ...tail].slice(0, 4).join(":");
}
