/**
 * `npm run prepare`, which npm runs after `npm ci` and before it installs the project from a folder or repository. It
 * builds dist and the bundle for Python when they are missing, so that the package is complete. It is plain JavaScript,
 * because it also runs where the project's tools are missing; without the compiler it changes nothing.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

// Builds the Python bundle from the same sources.
const local = `${root}clients/python/logit_sampler/local`;
const is_built =
  existsSync(`${root}dist/main.js`) &&
  (!existsSync(local) || readdirSync(local).some((name) => name.startsWith("bundle-")));

if (!is_built && existsSync(`${root}node_modules/typescript`)) {
  const shell = process.platform === "win32";
  const { status, stdout } = spawnSync("npm", ["run", "build"], {
    cwd: root,
    shell,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) process.stderr.write(stdout ?? "the build could not start\n");
  process.exitCode = status ?? 1;
}
