/** The Python side of the bench of engines: its protocol, and that the numpy sampler keeps our tokens. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { interpreterFor, MODULES, startEngine } from "../../bench/engines/python.ts";
import { agreementOf } from "../../bench/rivals/agreement.ts";
import { CHAINS } from "../../bench/rivals/chains.ts";
import { createOurs } from "../../bench/rivals/ours.ts";
import { flatRow, peakedRow } from "../kernels/rows.ts";
import { whyNoPython } from "../python/python.ts";

const V = 3000;
const NUMPY = MODULES.find(({ name }) => name === "numpy")!;
const missing = whyNoPython("numpy");

test(`an engine leaves our tokens, or says that it lacks the rules${missing === undefined ? "" : ` (skipped: ${missing})`}`, {
  skip: missing !== undefined,
}, async () => {
  const { in_place, rows } = createOurs([peakedRow(V, 1), flatRow(V, 2)]);
  const python = await interpreterFor(NUMPY, ["/usr/bin/python3", "python3"]);
  const engine = await startEngine(python!, NUMPY);
  const folder = await mkdtemp(join(tmpdir(), "engines-"));
  try {
    const path = join(folder, "rows.f32");
    await writeFile(path, Buffer.concat(rows.map((row) => Buffer.from(new Uint8Array(row.slice().buffer)))));
    await engine.rows(path, rows.length, V);
    for (const { id, rules } of CHAINS) {
      const run = await engine.prepare(rules(V));
      if (id === "edits" || id === "logprobs") expect(run, id).toBeUndefined();
      if (run === undefined) continue;
      const ours = in_place.prepare(run, V)!;
      for (const [i, row] of rows.entries())
        expect(agreementOf(id, await ours.kept(row), await engine.kept(i)).only_one).toBe(0);
      const us = await engine.steps([0, 1, 0]);
      expect(us).toHaveLength(3);
      expect(us.every((each) => each > 0)).toBe(true);
    }
  } finally {
    await engine.stop();
    await rm(folder, { recursive: true });
  }
});

test("an engine whose packages are not installed is not found, and one that ends reports the reason", async () => {
  expect(await interpreterFor({ ...NUMPY, packages: ["no_such_package"] }, ["python3"])).toBeUndefined();
  expect(await interpreterFor(NUMPY, ["no-such-python"])).toBeUndefined();
  await expect(startEngine("node", NUMPY)).rejects.toThrow("an engine ended: ");
});
