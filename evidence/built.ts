/** Checks whether dist is up to date: no input of the build is newer than its output. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The inputs of `npm run build`. */
const SOURCES = [
  "src",
  "playground",
  "examples/model-host/model",
  "test/vectors/analysis",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];
/** The last files that two of the build's parts write. */
const RESULTS = ["dist/main.js", "dist/playground/index.html"];
/** The folder of the third part's file, which has its hash in its name. */
const BUNDLE_FOLDER = "clients/python/logit_sampler/local";

/** Also false when there is no dist. `root` is the folder of the project. */
export function isBuilt(root: string): boolean {
  const bundles = existsSync(join(root, BUNDLE_FOLDER)) ? readdirSync(join(root, BUNDLE_FOLDER)) : [];
  const bundle = bundles.find((name) => /^bundle-\w+\.js$/.test(name));
  if (bundle === undefined) return false;
  const results = [...RESULTS, join(BUNDLE_FOLDER, bundle)].map((name) => join(root, name));
  if (!results.every((path) => existsSync(path))) return false;
  const built_ms = Math.min(...results.map((path) => statSync(path).mtimeMs));
  return SOURCES.every((name) => newestMs(join(root, name)) < built_ms);
}

/** The newest time of a file, or of a folder and its content; removing a file changes the time of its folder. */
function newestMs(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), mtimeMs);
}
