/** Token buckets, checked by hand, and which requests count for the same client. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf, createRateLimit } from "../../../src/http/access/rate.ts";

const LIMIT = { rate_per_second: 2, rate_burst: 3, rate_clients_max: 2 };

describe("a bucket", () => {
  test("lets a burst pass, then one every half second at two a second", () => {
    const rate = createRateLimit(LIMIT);
    const waits = [0, 0, 0, 0, 250, 500, 999, 1000].map((now_ms) => rate.take("a", now_ms));
    expect(waits).toEqual([0, 0, 0, 0.5, 0.25, 0, expect.closeTo(0.001, 9), 0]);
  });

  test("holds at most a burst after any idle time", () => {
    const rate = createRateLimit(LIMIT);
    rate.take("a", 0);
    const waits = [1e9, 1e9, 1e9, 1e9].map((now_ms) => rate.take("a", now_ms));
    expect(waits).toEqual([0, 0, 0, 0.5]);
  });

  test("is each client's own, and the one that was silent longest is forgotten", () => {
    const rate = createRateLimit({ ...LIMIT, rate_burst: 1 });
    expect([rate.take("a", 0), rate.take("b", 0), rate.take("a", 0)]).toEqual([0, 0, 0.5]);
    // b was idle longer than a, so c takes its place.
    expect([rate.take("c", 0), rate.take("a", 0), rate.take("b", 0)]).toEqual([0, 0.5, 0]);
  });

  test("never lets more through than the burst and the rate allow", () => {
    const gaps = fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, (gaps_ms) => {
        const rate = createRateLimit(LIMIT);
        let now_ms = 0;
        let passed = 0;
        for (const gap_ms of gaps_ms) {
          now_ms += gap_ms;
          if (rate.take("a", now_ms) === 0) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(3 + (now_ms / 1000) * 2 + 1e-6);
      }),
    );
  });
});

describe("a client without a key", () => {
  test.each([
    ["203.0.113.7", undefined, 0, "203.0.113.7"],
    ["::ffff:203.0.113.7", undefined, 0, "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", undefined, 0, "2001:db8:1:2"],
    ["2001:db8::9", undefined, 0, "2001:db8:0:0"],
    ["::1", undefined, 0, "0:0:0:0"],
    ["10.0.0.1", "198.51.100.1", 0, "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1", 1, "198.51.100.1"],
    ["10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", 2, "198.51.100.1"],
    ["10.0.0.1", undefined, 1, "10.0.0.1"],
    [undefined, undefined, 0, "unknown"],
  ])("%s with X-Forwarded-For %s behind %i proxies is %s", (remote, forwarded, hops, client) => {
    expect(addressOf(remote, forwarded, hops)).toBe(client);
  });
});
