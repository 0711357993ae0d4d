/** The counters, and the text that Prometheus reads. */
import { expect, test } from "vitest";
import { PROBLEMS } from "../../../src/errors.ts";
import { Counters, Distribution } from "../../../src/http/observe/counters.ts";
import { metricsText, type WorkerMetrics } from "../../../src/http/observe/metrics.ts";
import { openDuplex, rowFrame, textFrame } from "../duplex.ts";
import { listen } from "../listening.ts";
import { startApp } from "../routes/analysis-app.ts";

const ROW = Buffer.from(Float32Array.of(1, 3, 2).buffer);

test("a distribution counts a value at its bound with those below", () => {
  const distribution = new Distribution([1, 2, 5]);
  for (const value of [0.5, 1, 1.5, 2, 5, 6, 7]) distribution.add(value);
  expect([...distribution.counts]).toEqual([2, 2, 1, 2]);
  expect(distribution.sum).toBe(23);
});

test("a step counts its draws, its kept tokens, and what a trace tells for nothing", () => {
  const counters = new Counters();
  const step = { token_id: 1, kept: 14, seed: "1", step: 0, state: null, system_fingerprint: "x" };
  const entry = { stage: "top_k", kept_before: 3, kept_after: 2, mass_removed: 0, top: [], removed: [] };
  counters.sampled(step, "unary", 0.001);
  counters.sampled({ ...step, draws: [{ token_id: 1 }, { token_id: 2 }] }, "batch", 0.001);
  counters.sampled({ ...step, trace: [{ ...entry, entropy: 0.7, us: 12 }] }, "stream", 0.001);
  expect([...counters.tokens]).toEqual([
    ["unary", 1],
    ["batch", 2],
    ["stream", 1],
    ["verify", 0],
    ["beam", 0],
  ]);
  expect([counters.kept.sum, counters.entropy.sum]).toEqual([42, 0.7]);
  expect([...counters.stages]).toEqual([["top_k", { seconds: 12e-6, steps: 1 }]]);
});

test("a scrape has every metric with help, type and the values of this process", async () => {
  const server = await startApp();
  const step = { logits: [1, 3, 2], temperature: 0, trace: "timed", top_k: 2 };
  await server.inject({ method: "POST", url: "/v1/sample?dtype=f32", payload: ROW });
  const json = { "content-type": "application/json" };
  await server.inject({ method: "POST", url: "/v1/sample", headers: json, payload: JSON.stringify(step) });
  await server.inject({ method: "POST", url: "/v1/sample?dtype=f32&top_p=7", payload: ROW });
  await server.inject({
    method: "POST",
    url: "/v1/sample/batch?dtype=f32&shape=2,3",
    payload: Buffer.concat([ROW, ROW]),
  });
  await server.inject({ url: "/nowhere/at/all" });
  await server.inject({ url: "/v2/logging" });
  const { body, headers, statusCode } = await server.inject({ url: "/metrics" });
  await server.close();
  expect([statusCode, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  for (const line of [
    'http_requests_total{method="POST",route="/v1/sample",status="200"} 2',
    'http_requests_total{method="POST",route="/v1/sample",status="422"} 1',
    'http_requests_total{method="*",route="unknown",status="404"} 1',
    'http_requests_total{method="GET",route="/v2/logging",status="404"} 1',
    'http_request_duration_seconds_count{method="POST",route="/v1/sample"} 3',
    'http_request_duration_seconds_bucket{le="+Inf",method="POST",route="/v1/sample"} 3',
    "http_requests_in_flight 1",
    'rejections_total{code="invalid_option"} 1',
    'rejections_total{code="not_found"} 2',
    'received_bytes_total{form="f32"} 36',
    `received_bytes_total{form="json"} ${JSON.stringify(step).length}`,
    'tokens_total{transport="unary"} 2',
    'tokens_total{transport="batch"} 2',
    "sampling_duration_seconds_count 4",
    "kept_candidates_count 4",
    "entropy_nats_count 1",
    "rows_leased 0",
    "rows_limit 4",
    "streams_open 0",
    "workers 1",
    "workers_draining 0",
    "worker_replacements_total 0",
    "workers_silent 0",
    "log_lines_lost_total 0",
  ])
    expect(body).toContain(`\nlogit_sampler_${line}\n`);
  expect(body).toMatch(
    /\nlogit_sampler_build_info\{version="\d+\.\d+\.\d+",node="v\d+.*",system_fingerprint="ls\d+-.*"\} 1\n/,
  );
  expect(body).toContain("\nprocess_cpu_user_seconds_total ");
  expect(body).toContain("\nnodejs_eventloop_lag_seconds ");
});

test("drafts are counted by method, over every transport, trees by all of their nodes", async () => {
  const app = await listen({ rows_max: 8 });
  const best = (token_id: number) => ({ logits: [0, 1, 2, 3].map((id) => (id === token_id ? 9 : 0)) });
  const post = (url: string, body: object, headers = {}) =>
    fetch(`${app.url}${url}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  // Token 1 is accepted, token 2 is not: the rows say 1, then 3.
  const draft = { draft_token_ids: [1, 2], rows: [1, 3, 0].map(best), temperature: 0 };
  const tree = { draft_token_ids: [2, 1, 3], parents: [-1, -1, 1], rows: [1, 0, 3, 0].map(best) };
  const one = { sequences: [{ draft_token_ids: [1, 2] }, { draft_token_ids: [9] }], temperature: 0 };
  for (const [url, body, status] of [
    ["/v1/verify", draft, 200],
    ["/v1/verify", { ...tree, temperature: 0, method: "typical" }, 200],
    ["/v1/verify", { ...draft, draft_token_ids: [9, 9] }, 422],
    ["/v1/verify/batch", { ...one, rows: [1, 3, 0, 1, 1].map(best) }, 200],
  ] as const)
    expect((await post(url, body)).status).toBe(status);
  const inputs = [
    { name: "logits", shape: [3, 4], datatype: "FP32", data: draft.rows.flatMap(({ logits }) => logits) },
    { name: "draft_token_ids", shape: [1, 2], datatype: "INT64", data: [1, 2] },
  ];
  const inferred = await post("/v2/models/sampler/infer", { inputs, parameters: { temperature: 0 } });
  expect(inferred.status, await inferred.text()).toBe(200);
  const stream = openDuplex(app.url);
  const announced = textFrame({ type: "verify", draft_token_ids: [1, 2] });
  const rows = draft.rows.map(({ logits }) => rowFrame(Float32Array.from(logits)));
  stream.write(Buffer.concat([textFrame({ temperature: 0 }), announced, ...rows]));
  expect(await stream.rest()).toHaveLength(1);
  const body = await (await fetch(`${app.url}/metrics`)).text();
  await app.close();
  for (const line of [
    'drafts_total{method="strict"} 4',
    'draft_tokens_total{method="strict"} 8',
    'accepted_draft_tokens_total{method="strict"} 4',
    'drafts_total{method="typical"} 1',
    'draft_tokens_total{method="typical"} 3',
    'accepted_draft_tokens_total{method="typical"} 2',
    'drafts_total{method="block"} 0',
  ])
    expect(body).toContain(`\nlogit_sampler_${line}\n`);
});

test("a worker that stands by has no rows for anybody, and no event loop that is worth a mean", async () => {
  const { server, service } = await listen();
  service.admission.standby = true;
  const { body } = await server.inject({ url: "/metrics" });
  await server.close();
  expect(body).toContain("\nlogit_sampler_rows_limit 0\n");
  expect(body).toContain("\nprocess_resident_memory_bytes ");
  expect(body).not.toContain("nodejs_");
});

test("what may be refused is told before it was, so that the first one is an increase", async () => {
  const server = await startApp();
  const { body } = await server.inject({ url: "/metrics" });
  await server.close();
  for (const code of Object.keys(PROBLEMS))
    expect(body).toContain(`\nlogit_sampler_rejections_total{code="${code}"} 0\n`);
});

test("every metric is named and typed as Prometheus' conventions have it", async () => {
  const server = await startApp();
  const { body } = await server.inject({ url: "/metrics" });
  await server.close();
  const types = [...body.matchAll(/^# TYPE (\S+) (\w+)$/gm)];
  expect(types.length).toBeGreaterThan(30);
  for (const [, name = "", type] of types) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    expect(name).not.toMatch(/_(ms|us|ns|mb|kb)(_|$)/);
    expect(body).toMatch(new RegExp(`^# HELP ${name} .+\\.$`, "m"));
  }
});

test("several workers are added up, buckets and gauges too, but what runs is told once", async () => {
  const worker: WorkerMetrics = [
    {
      name: "a_total",
      help: "A.",
      type: "counter",
      aggregator: "sum",
      values: [{ labels: { b: "c" }, value: 2 }],
    },
    {
      name: "info",
      help: "B.",
      type: "gauge",
      aggregator: "first",
      values: [{ labels: { v: 1 }, value: 1 }],
    },
    {
      name: "h",
      help: "H.",
      type: "histogram",
      aggregator: "sum",
      values: [
        { metricName: "h_bucket", labels: { le: 1 }, value: 3 },
        { metricName: "h_bucket", labels: { le: "+Inf" }, value: 4 },
        { metricName: "h_count", labels: {}, value: 4 },
      ],
    },
  ];
  const text = await metricsText([worker, worker, worker], {
    running: 3,
    replaced: 5,
    silent: 1,
    log_lines_lost: 2,
  });
  for (const line of [
    'a_total{b="c"} 6',
    'info{v="1"} 1',
    'h_bucket{le="1"} 9',
    'h_bucket{le="+Inf"} 12',
    "h_count 12",
    "logit_sampler_workers 3",
    "logit_sampler_workers_silent 1",
    "logit_sampler_log_lines_lost_total 2",
    "logit_sampler_worker_replacements_total 5",
  ])
    expect(text).toContain(`\n${line}\n`);
});
