/** Environment → Config: defaults, limits by name, and mistakes that stop the start. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeSettings, readConfig, shownConfig } from "../../src/config/config.ts";
import { LIMITS } from "../../src/config/settings.ts";

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
    [{ LOG_LEVEL: "loud" }, /^LOG_LEVEL must be one of "fatal", .*"silent", got "loud"$/],
    [{ LOG_LEVEL: "inof" }, /^LOG_LEVEL .*got "inof"; did you mean "info"\?$/],
    [{ LOGIT_SAMPLER_ROWS_MAX: "1.5" }, /LOGIT_SAMPLER_ROWS_MAX .*got "1.5"/],
    [{ LOGIT_SAMPLER_BODY_BYTES_MAX: "-1" }, /LOGIT_SAMPLER_BODY_BYTES_MAX .*got -1/],
    [{ API_KEYS: "short" }, /API_KEYS must hold keys of at least 16 characters, got one of 5/],
    [{ API_KEYS_FILE: "/nowhere/at/all" }, /API_KEYS_FILE .*no such file/],
    [{ CORS_ORIGINS: "pages.example" }, /CORS_ORIGINS must hold origins .*got "pages.example"/],
    [{ METRICS: "closed" }, /METRICS must be .*got "closed"/],
    [{ METRICS: "keyed" }, /METRICS can be "keyed" only where there are API_KEYS/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:secret@collector:4318" },
      /^OTEL_EXPORTER_OTLP_ENDPOINT must hold no name or password: OTEL_EXPORTER_OTLP_HEADERS is for those$/,
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, /OTEL_EXPORTER_OTLP_ENDPOINT must be a URL/],
    [{ OTEL_TRACES_SAMPLER_ARG: "2" }, /OTEL_TRACES_SAMPLER_ARG must lie in \[0, 1\], got/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://x", OTEL_EXPORTER_OTLP_HEADERS: "secret" },
      /OTEL_EXPORTER_OTLP_HEADERS must hold name=value pairs, number 1 is none/,
    ],
    [{ LOGIT_SAMPLER_ROW_MAX: "5" }, /no setting LOGIT_SAMPLER_ROW_MAX; known are .*LOGIT_SAMPLER_ROWS_MAX/],
    [
      { LOGIT_SAMPLER_SHARED_MEMORY: "on" },
      /no setting LOGIT_SAMPLER_SHARED_MEMORY; .*did you mean "SHARED_MEMORY"\?$/,
    ],
  ])("%j", (environment, sentence) => {
    expect(() => readConfig(environment as Record<string, string>)).toThrow(sentence);
  });
});

describe("keys", () => {
  const key = "0123456789012345";

  test("come from the environment and from a file, one a line", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keys-"));
    try {
      const path = join(folder, "keys");
      await writeFile(path, `# of the test\n${key}-file\n\n${key}-other\n`);
      const config = readConfig({ API_KEYS: `${key}, ${key}-2`, API_KEYS_FILE: path });
      expect(config.key_digests).toHaveLength(4);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("are not in what is kept or shown, nor are a collector's headers", () => {
    const config = readConfig({
      API_KEYS: key,
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318/",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20secret",
    });
    expect(JSON.stringify(config)).not.toContain(key);
    const shown = shownConfig(config);
    expect(JSON.stringify(shown)).not.toContain("secret");
    expect(shown).toMatchObject({ api_keys: 1, traces_to: "http://127.0.0.1:4318/v1/traces" });
    expect(config.tracing?.headers).toEqual({ authorization: "Bearer secret" });
  });

  test("none, and no spans, unless they are set", () => {
    expect(readConfig({})).toMatchObject({ key_digests: [], cors_origins: [], tracing: undefined });
  });
});

test("what is shown at the start has every limit", () => {
  const { limits } = shownConfig(readConfig({}));
  expect(Object.keys(limits as object).sort()).toEqual(Object.keys(LIMITS.shape).sort());
});

test("every setting is described with a default that is valid", () => {
  for (const { variable, meaning, standard } of describeSettings()) {
    expect(meaning).not.toBe("");
    // A limit that depends on the machine has no default in the docs.
    expect(() => readConfig({ [variable]: String(standard ?? "") })).not.toThrow();
  }
});

test("what the adapters read is no setting, and no mistake", () => {
  const of_adapters = {
    LOGIT_SAMPLER_URL: "http://127.0.0.1:8080",
    LOGIT_SAMPLER_API_KEY: "key",
    LOGIT_SAMPLER_TIMEOUT_S: "2",
  };
  expect(readConfig(of_adapters)).toEqual(readConfig({}));
});
