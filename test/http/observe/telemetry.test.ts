/** Spans, as a collector on this machine receives them. */
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config/config.ts";
import { createTracing } from "../../../src/http/observe/telemetry.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { type Span, startCollector } from "./collector.ts";

const ROW = Buffer.from(Float32Array.of(1, 3, 2).buffer);
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function collector(status?: number) {
  const started = await startCollector(status);
  endings.push(started.close);
  return started;
}

async function tracedApp(environment: Record<string, string>) {
  const config = readConfig({ LOGIT_SAMPLER_VOCAB_SIZE_MAX: "4096", ...environment });
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => log.push(JSON.parse(line)) });
  const tracing = config.tracing === undefined ? undefined : createTracing(config.tracing, "1.2.3", logger);
  const { server } = await buildApp({ config, sampler: createSampler(config.limits), tracing });
  endings.push(() => server.close());
  const sample = (query: string, headers: Record<string, string> = {}) =>
    server.inject({ method: "POST", url: `/v1/sample?dtype=f32&${query}`, headers, payload: ROW });
  return { server, sample, tracing, log };
}

function attributesOf({ attributes }: Span): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

test("each request is a span with its route, status, vocabulary and problem", async () => {
  const { url, got } = await collector();
  const { sample, server, tracing } = await tracedApp({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=se%20cret",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
    OTEL_SERVICE_NAME: "sampler-a",
  });
  const traced = await sample("temperature=0", { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` });
  await sample("top_p=7");
  await server.inject({ url: "/healthz" });
  await tracing?.close();
  const [{ path, headers, resource }] = got as [(typeof got)[number]];
  // On a busy machine they are sent in more than one message.
  const spans = got.flatMap((message) => message.spans);
  expect([path, headers["content-type"], headers["api-key"]]).toEqual([
    "/v1/traces",
    "application/json",
    "se cret",
  ]);
  expect(JSON.stringify(resource)).toContain('{"key":"service.name","value":{"stringValue":"sampler-a"}}');
  expect(JSON.stringify(resource)).toContain(
    '{"key":"deployment.environment","value":{"stringValue":"test"}}',
  );
  expect(spans.map(({ name, kind }) => [name, kind])).toEqual([
    ["POST /v1/sample", 2],
    ["POST /v1/sample", 2],
    ["GET /healthz", 2],
  ]);
  const [good, bad] = spans as [Span, Span];
  expect(good).toMatchObject({ traceId: TRACE, parentSpanId: "00f067aa0ba902b7", status: {} });
  expect(traced.headers["traceresponse"]).toBe(`00-${TRACE}-${good.spanId}-01`);
  expect(attributesOf(good)).toMatchObject({
    "http.request.method": "POST",
    "http.route": "/v1/sample",
    "http.response.status_code": "200",
    "logit_sampler.vocab_size": "3",
  });
  expect(attributesOf(bad)).toMatchObject({
    "http.response.status_code": "422",
    "error.type": "invalid_option",
  });
  expect(bad.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(BigInt(good.endTimeUnixNano)).toBeGreaterThan(BigInt(good.startTimeUnixNano));
  expect(Math.abs(Number(BigInt(good.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(600_000);
});

test("what the caller does not record is not recorded here, and the ratio decides for the rest", async () => {
  const { url, got } = await collector();
  const { sample, tracing } = await tracedApp({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_TRACES_SAMPLER_ARG: "0",
  });
  const header = (flags: string) => ({ traceparent: `00-${TRACE}-00f067aa0ba902b7-${flags}` });
  expect((await sample("", header("00"))).headers["traceresponse"]).toBe(`00-${TRACE}-00f067aa0ba902b7-00`);
  expect((await sample("")).headers["traceresponse"]).toBeUndefined();
  await sample("", header("01"));
  await tracing?.close();
  expect(got.flatMap(({ spans }) => spans)).toHaveLength(1);
});

test("a collector that refuses, or is not there, costs no request and one line in the log", async () => {
  const { url } = await collector(503);
  for (const endpoint of [url, "http://127.0.0.1:9"]) {
    const { sample, tracing, log } = await tracedApp({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    expect((await sample("temperature=0")).statusCode).toBe(200);
    await tracing?.close();
    expect(log).toMatchObject([{ msg: "spans cannot be sent" }]);
  }
});

test("without an endpoint nothing is traced", async () => {
  const { sample, tracing } = await tracedApp({});
  expect(tracing).toBeUndefined();
  expect((await sample("temperature=0")).headers["traceresponse"]).toBeUndefined();
});
