import { afterEach, expect, test } from "vitest";
import type { AuditReport } from "../../src/engines/audit/audit.ts";
import { type Double, type Faults, llamaServer, vllm } from "../engines/double.ts";
import { run } from "./running.ts";

const opened: Double[] = [];
afterEach(async () => {
  process.exitCode = undefined;
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

async function audited(
  maker: (faults?: Faults) => Promise<Double>,
  faults: Faults,
  ...words: string[]
): Promise<AuditReport> {
  const server = await maker(faults);
  opened.push(server);
  const all = [server.url, "--prompt-ids", "[3,1]", "--form", "json", ...words];
  return JSON.parse(await run("audit", ...all)) as AuditReport;
}

const OPTIONS = ["--temperature", "0.7", "--top-k", "6", "--top-p", "0.8", "--min-p", "0.02"];

test("an engine that does what it says", async () => {
  const report = await audited(llamaServer, {}, ...OPTIONS, "--draws", "300");
  expect(report).toMatchObject({ agrees: true, tells_processed: true, has_whole_rows: true, reasons: [] });
  expect(report.distance).toBeLessThan(1e-6);
  expect(report.draws).toMatchObject({ drawn: 300, impossible: 0, repeated: { seeds: 16, same: 16 } });
  expect(report.steps.every(({ kept, kept_expected }) => kept === kept_expected)).toBe(true);
  expect(process.exitCode).toBeUndefined();
});

test.each([
  [
    "another order",
    { order: ["temperature", "top_k", "top_p", "min_p"] },
    /temperature came before|before top_p/,
  ],
  ["another top_p", { instead: { top_p: 0.6 } }, /top_p were 0\.\d+, where 0.8 was asked/],
  ["another temperature", { instead: { temperature: 0.9 } }, /temperature were 0.9, where 0.7 was asked/],
] as const)("%s is named", async (_, faults, sentence) => {
  const report = await audited(llamaServer, faults, ...OPTIONS, "--draws", "0", "--steps", "12");
  expect(report.agrees).toBe(false);
  expect(report.reasons[0]).toMatchObject({ agrees: true });
  expect(report.reasons.map(({ says }) => says).join("\n")).toMatch(sentence);
  expect(process.exitCode).toBe(1);
});

test("a stage that is left out is named", async () => {
  const options = ["--temperature", "0.7", "--top-p", "0.95", "--min-p", "0.3", "--draws", "0"];
  const report = await audited(llamaServer, { instead: { min_p: 0 } }, ...options);
  expect(report.reasons[0]).toMatchObject({ agrees: true });
  expect(report.reasons[0]?.says).toContain("min_p");
});

test("an engine that hides what its sampler made of a row is judged by its draws", async () => {
  const report = await audited(vllm, {}, ...OPTIONS, "--draws", "400");
  expect(report).toMatchObject({ agrees: true, tells_processed: false, distance: null });
  const other = await audited(vllm, { instead: { temperature: 2 } }, ...OPTIONS, "--draws", "400");
  expect(other.agrees).toBe(false);
  expect(other.reasons.map(({ says }) => says).join("\n")).toContain("temperature");
});

test("bounds that are off are off by no rounding, in an engine that differs", async () => {
  const words = ["--temperature", "0.7", "--top-p", "1", "--min-p", "0", "--top-k", "0", "--draws", "0"];
  const report = await audited(llamaServer, { instead: { temperature: 1.4 } }, ...words);
  expect(report.reasons[0]?.says).toContain("as if temperature were 1.4");
});

test("seeds that are ignored are told", async () => {
  const report = await audited(llamaServer, { ignores_seeds: true }, ...OPTIONS, "--draws", "200");
  expect(report.draws?.repeated.agree).toBe(false);
  expect(report.agrees).toBe(false);
});

test("draws ask for no probabilities, of which a whole row is many", async () => {
  const server = await llamaServer();
  opened.push(server);
  await run("audit", server.url, "--prompt-ids", "[3,1]", ...OPTIONS, "--steps", "1", "--draws", "5");
  const own = server.asked.filter(({ seed }) => seed !== undefined);
  expect(own.map(({ n_probs = null }) => n_probs)).toEqual([8, ...Array(10).fill(null)]);
});

test("text and Markdown say the same", async () => {
  const server = await llamaServer({ instead: { temperature: 0.9 } });
  opened.push(server);
  const all = [server.url, "--prompt-ids", "[3,1]", ...OPTIONS, "--draws", "50"];
  const text = await run("audit", ...all);
  expect(text).toContain("differs from the preset");
  expect(text).toContain("most like: as if temperature were 0.9, where 0.7 was asked");
  const markdown = await run("audit", ...all, "--form", "markdown");
  expect(markdown).toMatch(/^# Audit of llama-server b1-double$/m);
  expect(markdown).toContain(
    "- as if temperature were 0.9, where 0.7 was asked (temperature): explains all of it",
  );
});

test("what looks at the sign of logits cannot be audited", async () => {
  await expect(audited(llamaServer, {}, "--repetition-penalty", "1.2")).rejects.toThrow(
    "repetition_penalty looks at the sign of logits",
  );
});
