/** Checks the Dockerfile's text. That the image builds and runs is tested by hand: see docs/reliability.md. */
import { describe, expect, test } from "vitest";
import { textOf } from "./manifests.ts";

/** The base image that the first lines pin. */
const BASE = ["$", "{BASE}"].join("");

interface Stage {
  readonly from: string;
  readonly name: string;
  /** the instructions, each joined with its continuation lines */
  readonly lines: readonly string[];
}

function stages(): Stage[] {
  const text = textOf("../Dockerfile")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "");
  return text.split(/^(?=FROM )/m).flatMap((part) => {
    const [first = "", ...lines] = part.trim().split("\n");
    const [, from, name] = /^FROM (\S+) AS (\S+)$/.exec(first) ?? [];
    return from === undefined || name === undefined ? [] : [{ from, name, lines: lines.filter(Boolean) }];
  });
}

describe("the image", () => {
  const list = stages();
  const service = list.at(-1)!;
  const argumentsOf = (instruction: string) =>
    service.lines.find((line) => line.startsWith(`${instruction} `))?.slice(instruction.length + 1);

  test("is made in stages, of which the last has none of the tools of the others", () => {
    expect(list.map(({ name }) => name)).toEqual(["build", "production", "model-host", "service"]);
    const bases = [...textOf("../Dockerfile").matchAll(/^ARG BASE=(\S+)$/gm)].map(([, base]) => base);
    expect(bases).toEqual([expect.stringMatching(/^node:24\.\d+\.\d+-[a-z]+-slim$/)]);
    expect(
      list.filter(({ from }) => !list.some(({ name }) => name === from)).map(({ from }) => from),
    ).toEqual([BASE, BASE]);
    expect(service.from).toBe(BASE);
    expect(service.lines.filter((line) => line.startsWith("RUN"))).toEqual([]);
    const copied = service.lines.filter((line) => line.startsWith("COPY"));
    expect(copied.every((line) => line.startsWith("COPY --from=production "))).toBe(true);
    expect(list.find(({ name }) => name === "production")?.lines.join()).toContain("npm prune --omit=dev");
  });

  test("runs no scripts of packages while it is built", () => {
    const npm = list.flatMap(({ lines }) => lines.filter((line) => /^RUN npm (ci|install|prune)/.test(line)));
    expect(npm).toHaveLength(2);
    for (const line of npm) expect(line).toContain("--ignore-scripts");
  });

  test("runs as a user that is not root, by number, and takes signals itself", () => {
    expect(argumentsOf("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(JSON.parse(argumentsOf("CMD") ?? "")).toEqual(["node", "dist/main.js"]);
    expect(argumentsOf("ENTRYPOINT")).toBeUndefined();
    expect(argumentsOf("STOPSIGNAL")).toBe("SIGTERM");
  });

  test("says when it is healthy, at the port that it sets", () => {
    const [, command = ""] = /CMD (.*)$/.exec(argumentsOf("HEALTHCHECK") ?? "") ?? [];
    expect(argumentsOf("HEALTHCHECK")).toContain(" --start-interval=1s ");
    const [node, flag, script] = JSON.parse(command) as string[];
    expect([node, flag]).toEqual(["node", "-e"]);
    expect(script).toContain("/healthz");
    expect(script).toContain("process.env.PORT");
    expect(argumentsOf("ENV")).toContain(`PORT=${argumentsOf("EXPOSE")}`);
  });
});
