/**
 * The manifests for shards and for other service hosts agree with the application: commands, options, paths and
 * settings.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";
import { describeSettings } from "../../src/config/config.ts";
import { type Listening, listen } from "../http/listening.ts";
import { at, manifests, type Node } from "./manifests.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

interface Container extends Node {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: unknown }[];
  readonly securityContext: Node;
}

const jobs = manifests("kubernetes/indexed-job.yaml");
const [runtime = {}, service = {}] = manifests("kserve/inference-service.yaml");
const [knative = {}] = manifests("knative/service.yaml");

test.each(jobs)(
  "the job $metadata.name calls a command that there is, with options that it has",
  async (job) => {
    const [container] = at<Container[]>(job, "spec.template.spec.containers");
    const words = [...(container?.command ?? []), ...(container?.args ?? [])].join(" ");
    const name = /dist\/cli\.js,? (\w+)/.exec(words)?.[1];
    const command = await COMMANDS.find((each) => each.name === name)?.load();
    expect(command).toBeDefined();
    const options = [...words.matchAll(/--([a-z-]+)/g)].map(([, option]) => option);
    expect(options.length).toBeGreaterThan(0);
    expect(command?.options).toEqual(expect.arrayContaining(options));
  },
);

test("the parts are as many as the completions, and being called wrongly fails the whole job", () => {
  const [score = {}] = jobs;
  expect(at(score, "spec.completionMode")).toBe("Indexed");
  expect(at(score, "spec.podFailurePolicy.rules.0.onExitCodes.values")).toEqual([2]);
  const pod = at(score, "spec.template.spec");
  expect(at<Node[]>(pod, "containers")[0]?.["name"]).toBe(
    at(score, "spec.podFailurePolicy.rules.0.onExitCodes.containerName"),
  );
});

const containers: [string, Container][] = [
  ["KServe", at<Container[]>(runtime, "spec.containers")[0]!],
  ["Knative", at<Container[]>(knative, "spec.template.spec.containers")[0]!],
];

test.each(containers)(
  "%s sets settings that there are, and asks for paths that are answered",
  async (_, container) => {
    const known = describeSettings().map(({ variable }) => variable);
    for (const { name, value } of container.env ?? []) {
      expect(known).toContain(name);
      expect(value).toBeTypeOf("string");
    }
    for (const probe of ["readinessProbe", "livenessProbe"]) {
      const path = at<string>(container, `${probe}.httpGet.path`);
      expect((await fetch(app.url + path)).status, path).toBe(200);
    }
  },
);

test("the model's runtime is the one above it, over the protocol that it speaks", () => {
  expect(at(service, "spec.predictor.model.runtime")).toBe(at(runtime, "metadata.name"));
  expect(at(runtime, "spec.protocolVersions")).toContain(at(service, "spec.predictor.model.protocolVersion"));
  const formats = at<Node[]>(runtime, "spec.supportedModelFormats").map(({ name }) => name);
  expect(formats).toContain(at(service, "spec.predictor.model.modelFormat.name"));
});
