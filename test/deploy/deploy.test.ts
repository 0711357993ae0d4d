/** The files in deploy/ agree with the application: ports, paths, settings, times and metrics. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHART_VALUES } from "../../proof/deploy/values.ts";
import { describeSettings, readConfig } from "../../src/config/config.ts";
import { type Listening, listen } from "../http/listening.ts";
import { at, chart, documents, manifests, type Node, textOf } from "./manifests.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

const shared = manifests("kubernetes/shared.yaml");
const [sidecar = {}] = manifests("kubernetes/sidecar.yaml");
const deployed = {
  "kubernetes/shared.yaml": shared,
  "the chart": chart(),
  "the chart without keys": chart({ apiKeysSecret: "" }),
};

interface Container {
  readonly name: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value: unknown }[];
  readonly securityContext: unknown;
}

const LOCKED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
/** The time that the service needs to end, besides its own two limits: requests in transit, and a margin. */
const REST_MS = 3000;

function ofKind(list: readonly Node[], kind: string): Node {
  const found = list.find((each) => each["kind"] === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

/** The output of a command, or undefined when it is not installed. Throws when it fails. */
function outputOf(command: string, args: readonly string[], input = ""): string | undefined {
  try {
    return execFileSync(command, args, { input, encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The configuration from a container's environment; throws for unknown and wrong settings. */
function configOf({ env }: Container) {
  const known = new Set(describeSettings().map(({ variable }) => variable));
  expect(env.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  for (const { value } of env) expect(value).toBeTypeOf("string");
  const pairs = env
    .filter(({ name }) => name !== "API_KEYS_FILE")
    .map(({ name, value }) => [name, String(value)]);
  return readConfig(Object.fromEntries(pairs));
}

describe.each(Object.entries(deployed))("%s", (_name, list) => {
  const deployment = ofKind(list, "Deployment");
  const pod = at(deployment, "spec.template.spec");
  const container = at<Container[]>(pod, "containers")[0]!;
  const labels = at(deployment, "spec.template.metadata.labels");

  test("the container's settings are settings, and its port is the one that is probed", async () => {
    const config = configOf(container);
    expect(config.host).toBe("0.0.0.0");
    expect(container.ports).toEqual([{ name: "http", containerPort: config.port }]);
    expect(config.workers).toBe(Number(at(container as unknown as Node, "resources.limits.cpu")));
    expect(at(ofKind(list, "Service"), "spec.ports.0.targetPort")).toBe("http");
    expect(at(deployment, "spec.template.metadata.annotations")).toMatchObject({
      "prometheus.io/port": String(config.port),
    });
  });

  test("probes and the scrape ask for what the application answers", async () => {
    const probes = ["startupProbe", "livenessProbe", "readinessProbe"].map((name) =>
      at(container as unknown as Node, `${name}.httpGet`),
    );
    expect(probes).toEqual(["/healthz", "/healthz", "/readyz"].map((path) => ({ path, port: "http" })));
    const scraped = at<Record<string, string>>(deployment, "spec.template.metadata.annotations")[
      "prometheus.io/path"
    ];
    const paths = [...probes.map((probe) => String(probe["path"])), scraped];
    for (const path of paths) expect((await fetch(app.url + path)).status).toBe(200);
  });

  test("the pod is given longer to end than the service takes", () => {
    const { limits } = configOf(container);
    const grace_ms = 1000 * at<number>(pod, "terminationGracePeriodSeconds");
    expect(limits.drain_ms).toBeGreaterThan(0);
    expect(grace_ms).toBeGreaterThanOrEqual(limits.drain_ms + limits.shutdown_ms + REST_MS);
  });

  test("a worker that hangs is replaced before the pod is ended because of it", () => {
    const { limits } = configOf(container);
    const probe = at(container as unknown as Node, "livenessProbe");
    const patience_ms = 1000 * Number(probe["periodSeconds"]) * (Number(probe["failureThreshold"]) - 1);
    expect(patience_ms).toBeGreaterThan(2 * limits.worker_silence_ms);
  });

  test("only pods with the label reach the port, and the service calls no other host", () => {
    expect(at(ofKind(list, "NetworkPolicy"), "spec")).toMatchObject({
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [
            { podSelector: { matchLabels: { "logit-sampler-client": "true" } } },
            { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
          ],
          ports: [{ protocol: "TCP", port: "http" }],
        },
      ],
      egress: [],
    });
  });

  test("the container may do nothing that it need not do", () => {
    expect(at(pod, "securityContext")).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toEqual(LOCKED);
    expect([pod["enableServiceLinks"], pod["automountServiceAccountToken"]]).toEqual([false, false]);
  });

  test("everything that selects the pods selects them, and what scales has no fixed number", () => {
    const selectors = [
      at(deployment, "spec.selector.matchLabels"),
      at(ofKind(list, "Service"), "spec.selector"),
      at(ofKind(list, "PodDisruptionBudget"), "spec.selector.matchLabels"),
      at(pod, "topologySpreadConstraints.0.labelSelector.matchLabels"),
      at(ofKind(list, "NetworkPolicy"), "spec.podSelector.matchLabels"),
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector);
    const name = at(deployment, "metadata.name");
    expect(at(ofKind(list, "HorizontalPodAutoscaler"), "spec.scaleTargetRef")).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      name,
    });
    expect(at(deployment, "spec")).not.toHaveProperty("replicas");
  });
});

test("the chart mounts keys only when it is given some", () => {
  const pod = (over: Node) => at(ofKind(chart(over), "Deployment"), "spec.template.spec");
  expect(pod({ apiKeysSecret: "" })).not.toHaveProperty("volumes");
  expect(at(pod({ apiKeysSecret: "keys" }), "volumes.0.secret.secretName")).toBe("keys");
});

test("the chart is autoscaled or has a fixed number, and never both", () => {
  const autoscaling = { enabled: false, minReplicas: 2, maxReplicas: 16, cpuPercent: 60 };
  const fixed = chart({ autoscaling, replicas: 3 });
  expect(at(ofKind(fixed, "Deployment"), "spec.replicas")).toBe(3);
  expect(fixed.map((each) => each["kind"])).not.toContain("HorizontalPodAutoscaler");
});

test("what the chart takes over from its values stands where Kubernetes looks for it", () => {
  const whole = Object.assign({}, ...CHART_VALUES.slice(-2)) as Node; // those with everything switched on
  const list = chart(whole);
  const pod = at(ofKind(list, "Deployment"), "spec.template.spec");
  for (const name of ["imagePullSecrets", "nodeSelector", "tolerations", "affinity"])
    expect(pod[name]).toEqual(whole[name]);
  expect(at(pod, "containers.0.envFrom")).toEqual(whole["envFrom"]);
  const labels = at(ofKind(list, "Service"), "metadata.labels");
  const monitor = ofKind(list, "ServiceMonitor");
  expect(labels).toMatchObject(at(monitor, "spec.selector.matchLabels"));
  expect(at(monitor, "spec.endpoints.0")).toEqual({ port: "http", path: "/metrics", interval: "30s" });
  expect(at(ofKind(list, "Service"), "spec.ports.0.name")).toBe("http");
  const backend = at(ofKind(list, "Ingress"), "spec.rules.0.http.paths.0.backend.service");
  expect(backend).toEqual({ name: at(ofKind(list, "Service"), "metadata.name"), port: { name: "http" } });
});

test("the chart and the manifest are of one mind", () => {
  const own = (list: readonly Node[]) => {
    const pod = at(ofKind(list, "Deployment"), "spec.template.spec");
    const { image: _, ...container } = at<Node[]>(pod, "containers")[0]!;
    return {
      grace: pod["terminationGracePeriodSeconds"],
      container: JSON.parse(JSON.stringify(container).replaceAll('"cpu":"2"', '"cpu":2')),
    };
  };
  expect(own(chart())).toEqual(own(shared));
  expect(at(ofKind(chart(), "HorizontalPodAutoscaler"), "spec.metrics")).toEqual(
    at(ofKind(shared, "HorizontalPodAutoscaler"), "spec.metrics"),
  );
});

test("helm agrees with our reading of the chart, where there is helm", () => {
  const inOrder = (list: readonly Node[]) =>
    [...list].sort((a, b) => String(a["kind"]).localeCompare(String(b["kind"])));
  for (const over of CHART_VALUES) {
    const set = Object.entries(over).flatMap(([name, value]) => [
      "--set-json",
      `${name}=${JSON.stringify(value)}`,
    ]);
    const printed = outputOf("helm", ["template", "sampler", "deploy/helm/logit-sampler", ...set]);
    if (printed !== undefined) expect(inOrder(documents(printed))).toEqual(inOrder(chart(over)));
  }
});

test("the sidecar listens to its pod alone, ends after its host, and shares /dev/shm with it", () => {
  const [sampler] = at<(Container & Node)[]>(sidecar, "spec.initContainers");
  const [host] = at<(Container & Node)[]>(sidecar, "spec.containers");
  const config = configOf(sampler!);
  expect([config.host, config.shared_memory, sampler!["restartPolicy"]]).toEqual([
    "127.0.0.1",
    "on",
    "Always",
  ]);
  expect([sampler!.securityContext, host!.securityContext]).toEqual([LOCKED, LOCKED]);
  const shm = { name: "rows", mountPath: config.shared_memory_dir };
  expect(sampler!["volumeMounts"]).toContainEqual(shm);
  expect(host!["volumeMounts"]).toContainEqual(shm);
  expect(host!["args"]).toContain(`--url=http://127.0.0.1:${config.port}`);
  expect(at(sidecar, "spec.enableServiceLinks")).toBe(false);
});

describe("what is watched", () => {
  const metricsIn = (text: string) => new Set(text.match(/\b(?:logit_sampler|process|nodejs)_\w+/g));

  /** Names of metrics, and of the series of histograms, as in a scrape. */
  async function scraped(): Promise<Set<string>> {
    await fetch(`${app.url}/v1/sample`, { method: "POST", body: Buffer.from(Float32Array.of(1, 2).buffer) });
    const text = await (await fetch(`${app.url}/metrics`)).text();
    const names = new Set<string>();
    for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      names.add(name);
      if (type === "histogram" || type === "summary")
        for (const part of ["_bucket", "_sum", "_count"]) names.add(name + part);
    }
    return names;
  }

  test.each(["grafana/logit-sampler.json", "prometheus/alerts.yaml"])(
    "%s asks for metrics that exist",
    async (path) => {
      const names = await scraped();
      const asked = [...metricsIn(textOf(path))];
      expect(asked.length).toBeGreaterThan(5);
      expect(asked.filter((name) => !names.has(name))).toEqual([]);
    },
  );

  test("promtool has nothing against the metrics, and the alerts fire when they should, where there is promtool", async () => {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    outputOf("promtool", ["check", "metrics"], text);
    outputOf("promtool", ["test", "rules", "deploy/prometheus/alerts.test.yaml"]);
  });

  test("each alert says what it means and where it is explained", () => {
    const pages = textOf("../docs/operations.md").toLowerCase();
    const [file = {}] = manifests("prometheus/alerts.yaml");
    for (const rule of at<Node[]>(file, "groups.0.rules")) {
      expect(rule).toMatchObject({
        labels: { severity: expect.stringMatching(/^(warning|critical)$/) },
        annotations: { summary: expect.any(String) },
      });
      const [page, anchor] = at<string>(rule, "annotations.runbook").split("#");
      expect(page).toBe("docs/operations.md");
      expect(pages).toContain(`### ${anchor}\n`);
    }
  });

  test("the panels of the dashboard do not lie over each other", () => {
    const { panels } = JSON.parse(textOf("grafana/logit-sampler.json")) as {
      panels: readonly { readonly gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

test("compose runs the service as locked as Kubernetes does, and gives it time to end", () => {
  const [compose = {}] = manifests("../compose.yaml");
  const sampler = at(compose, "services.sampler");
  expect(sampler).toMatchObject({
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
  });
  expect(sampler["stop_grace_period"]).toBe("15s");
});

test.each(["../compose.yaml", "compose/own-host.yaml"])(
  "%s bounds memory and processes of what it starts",
  (name) => {
    const [compose = {}] = manifests(name);
    const services = at(compose, "services");
    for (const [service, of] of Object.entries(services as Record<string, Record<string, unknown>>)) {
      // The image of a host of the user's own, whose needs are unknown here.
      if (service === "host") continue;
      expect(of["mem_limit"], service).toMatch(/^[1-9]g$/);
      expect(of["memswap_limit"], service).toBe(of["mem_limit"]);
      expect(of["pids_limit"], service).toBeGreaterThan(0);
    }
  },
);

test("a container of one's own gets at the service by the network, the keys and the shared memory that it has", () => {
  const [compose = {}] = manifests("compose/own-host.yaml");
  const sampler = at(compose, "services.sampler");
  const host = at(compose, "services.host");
  const { shared_memory } = readConfig({ SHARED_MEMORY: at(sampler, "environment.SHARED_MEMORY") });
  expect(shared_memory).toBe("on");
  expect([sampler["ipc"], host["ipc"]]).toEqual(["shareable", "service:sampler"]);
  expect(sampler["networks"]).toEqual(host["networks"]);
  expect(at(compose, "networks.inside")).toEqual({ name: "logit-sampler", internal: true });
  expect(at(sampler, "environment.API_KEYS_FILE")).toBe("/run/secrets/api_keys");
  expect([sampler["secrets"], host["secrets"]]).toEqual([["api_keys"], ["api_keys"]]);
  expect(sampler).toMatchObject({ read_only: true, cap_drop: ["ALL"], stop_grace_period: "15s" });
});

test("the detector detects, for the owners of its keys, and does nothing else", async () => {
  const [compose = {}] = manifests("detector/compose.yaml");
  const environment = at(compose, "services.detector.environment") as Record<string, string>;
  const folder = mkdtempSync(join(tmpdir(), "detector-"));
  const [keys, marks] = [join(folder, "keys"), join(folder, "marks")];
  writeFileSync(keys, readFileSync("deploy/detector/keys.example", "utf8"));
  writeFileSync(marks, "main 0x0123456789abcdef\nretired 7\nother 8\n");
  const app = await listen({}, { ...environment, API_KEYS_FILE: keys, WATERMARK_KEYS_FILE: marks });
  try {
    const post = async (path: string, body: object, key = "replace-this-by-a-key-of-its-own") => {
      const headers = { "x-api-key": key, "content-type": "application/json" };
      return (await fetch(app.url + path, { method: "POST", headers, body: JSON.stringify(body) })).status;
    };
    const detect = (key: string) => ({ scheme: "gumbel", key, token_ids: [1, 2, 3] });
    expect(await post("/v1/watermark/detect", detect("main"))).toBe(200);
    expect(await post("/v1/watermark/detect", detect("retired"))).toBe(403);
    expect(await post("/v1/watermark/detect", detect("main"), "a-key-that-there-is-not")).toBe(401);
    for (const path of ["/v1/sample", "/v1/replay", "/v1/verify", "/v2/models/sampler/infer"])
      expect([path, await post(path, { logits: [1, 2] })]).toEqual([path, 403]);
    const codes = await Promise.all(
      Array.from({ length: 16 }, () => post("/v1/watermark/detect", detect("main"))),
    );
    expect(codes.filter((code) => code === 429).length).toBeGreaterThan(3);
  } finally {
    await app.close();
    rmSync(folder, { recursive: true });
  }
});
