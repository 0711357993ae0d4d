/** The files that `npm run new` writes: a new member of a kind, added to the present lists. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listed, SKELETONS } from "../../scripts/skeletons.ts";

const KINDS = Object.entries(SKELETONS);

test.each(KINDS)("one more %s has a file, a test and its line", (_kind, make) => {
  const { files, list } = make("my_new_one");
  const [file, test, ...definition] = Object.keys(files);
  expect(file).toMatch(/^src\//);
  expect(test).toMatch(/^test\/sampling\/.*\.test\.ts$/);
  for (const path of definition) expect(path).toMatch(/^test\/reference\//);
  const before = readFileSync(list.path, "utf8");
  const after = listed(before, list);
  expect(after).toContain(`\nimport { my_new_one } from "${list.from}";\n`);
  expect(after.match(/\bmy_new_one\b/g)).toHaveLength(2);
  expect(after.replaceAll(/\s/g, "")).toContain(",my_new_one]");
});

test.each(KINDS)("the test of one more %s fails until it is written", (_kind, make) => {
  const { files } = make("my_new_one");
  expect(Object.values(files)[1]).toContain("expect.unreachable(");
});

test("a file without the list is refused", () => {
  expect(() =>
    listed("import a from 'a';\n", { path: "x.ts", name: "b", from: "./b.ts", array: "LIST" }),
  ).toThrow("x.ts has no list LIST");
});
