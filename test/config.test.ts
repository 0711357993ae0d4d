/** Environment → Config: defaults, limits by name, and mistakes that stop the start. */
import { describe, expect, test } from "vitest";
import { describeSettings, readConfig } from "../src/config.ts";

test("nothing set gives the defaults", () => {
  const config = readConfig({});
  expect(config).toMatchObject({ host: "127.0.0.1", port: 8080, log_level: "info" });
  expect(config.workers).toBeGreaterThan(0);
  expect(config.limits).toMatchObject({ vocab_size_max: 262_144, body_bytes_max: 67_108_864 });
});

test("what is set is taken, and what is set to nothing is not", () => {
  const config = readConfig({ PORT: "0", WORKERS: "3", HOST: "", LOGIT_SAMPLER_ROWS_MAX: "5" });
  expect([config.port, config.workers, config.host, config.limits.rows_max]).toEqual([0, 3, "127.0.0.1", 5]);
});

describe("a mistake names the variable, the rule and the value", () => {
  test.each([
    [{ PORT: "70000" }, /PORT must lie in \[0, 65535\], got 70000/],
    [{ PORT: "http" }, /PORT .*got "http"/],
    [{ WORKERS: "0" }, /WORKERS .*got 0/],
    [{ LOG_LEVEL: "loud" }, /LOG_LEVEL/],
    [{ LOGIT_SAMPLER_ROWS_MAX: "1.5" }, /LOGIT_SAMPLER_ROWS_MAX .*got "1.5"/],
    [{ LOGIT_SAMPLER_BODY_BYTES_MAX: "-1" }, /LOGIT_SAMPLER_BODY_BYTES_MAX .*got -1/],
    [{ LOGIT_SAMPLER_ROW_MAX: "5" }, /no setting LOGIT_SAMPLER_ROW_MAX; known are .*LOGIT_SAMPLER_ROWS_MAX/],
  ])("%j", (environment, sentence) => {
    expect(() => readConfig(environment as Record<string, string>)).toThrow(sentence);
  });
});

test("every setting is described with a default that is valid", () => {
  for (const { variable, meaning, standard } of describeSettings()) {
    expect(meaning).not.toBe("");
    expect(() => readConfig({ [variable]: String(standard) })).not.toThrow();
  }
});
