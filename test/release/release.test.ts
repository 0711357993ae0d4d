import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = new URL("../../", import.meta.url);
const text = (name: string) => readFile(new URL(name, ROOT), "utf8");

test("npm's package, Python's, the lock and the chart have one version", async () => {
  const { version } = JSON.parse(await text("package.json")) as { version: string };
  const lock = JSON.parse(await text("package-lock.json")) as {
    version: string;
    packages: { "": { version: string } };
  };
  const chart = parse(await text("deploy/helm/logit-sampler/Chart.yaml")) as { appVersion: string };
  const [, python] = /^version = "([^"]+)"/m.exec(await text("clients/python/pyproject.toml")) ?? [];
  expect([lock.version, lock.packages[""].version, python, chart.appVersion]).toEqual(
    Array.from({ length: 4 }, () => version),
  );
});

test("the package is public, and each of its exports has types before its code", async () => {
  const described = JSON.parse(await text("package.json")) as Record<string, unknown>;
  expect(described["private"]).toBeUndefined();
  expect(described["publishConfig"]).toEqual({ access: "public", provenance: true });
  const conditions = Object.values(described["exports"] as Record<string, object | string>)
    .filter((each) => typeof each === "object")
    .map((each) => Object.keys(each)[0]);
  expect(new Set(conditions)).toEqual(new Set(["types"]));
});

test("the workflow runs commands that there are", async () => {
  const { scripts } = JSON.parse(await text("package.json")) as { scripts: Record<string, string> };
  const workflow = await text(".github/workflows/ci.yml");
  const named = [...workflow.matchAll(/npm run (?:--silent )?([a-z0-9:-]+)/g)].map(([, name]) => name ?? "");
  const { proof } = (parse(workflow) as { jobs: { proofs: { strategy: { matrix: { proof: string[] } } } } })
    .jobs.proofs.strategy.matrix;
  expect(named.length).toBeGreaterThan(3);
  for (const name of [...named, ...proof]) expect(Object.keys(scripts)).toContain(name);
});
