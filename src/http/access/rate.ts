/**
 * Limits the request rate of each client by a token bucket, filled at a steady rate up to a burst. The map of clients
 * is bounded: the client that was silent longest is forgotten first, and starts with a full bucket when it returns.
 * Each worker counts for itself.
 */
export interface RateLimit {
  /** Takes one request of this client at this time. Returns 0, or the seconds to wait when it comes too soon. */
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
 * The identity of a client without a key: its address, or the address that the outermost of `proxy_hops` trusted
 * proxies saw. All addresses of an IPv6 /64 are one client, since one host may use any of them (RFC 4291, 2.5.4).
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
