/** openapi-python-client: the client that it makes of the document samples, scores and takes a batch, with types of its own. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

export const PYTHON_CLIENT = "openapi-python-client";
const PACKAGE = `${PYTHON_CLIENT}==0.29.1`;

/** A program that uses the generated code. */
const PROGRAM = `import json, sys
from generated import Client
from generated.api.analysis import score
from generated.api.sampling import sample, sample_batch
from generated.models import BatchRequest, Problem, ScoreRequest, StepReply, StepRequest

client = Client(base_url=sys.argv[1])
row = [1.0, 2.5, -0.3, 2.4]
step = sample.sync(client=client, body=StepRequest(logits=row, temperature=0.8, top_p=0.9, seed=7, logprobs=True))
wrong = sample.sync(client=client, body=StepRequest(logits=row, top_p=1.5))
scored = score.sync(client=client, body=ScoreRequest(logits=row, target=1))
batch = BatchRequest.from_dict({"rows": [{"logits": row, "seed": 1}, {"logits": row, "top_p": 3}], "temperature": 0.8})
one, refused = sample_batch.sync(client=client, body=batch).results
assert isinstance(step, StepReply) and isinstance(one, StepReply)
assert isinstance(wrong, Problem) and isinstance(refused, Problem) and refused.pointer == "/rows/1/top_p"
print(json.dumps([step.token_id, step.logprob, wrong.code, scored.rank]))
`;
const PRINTED = '[1, -0.7833432722140898, "invalid_option", 1]';

/**
 * Installs the generator below the folder, generates the client and runs the program. Returns "" when the output is
 * right.
 */
export async function pythonClient(folder: string, document: string, url: string): Promise<string> {
  const python = join(folder, "bin/python");
  await execute("python3", ["-m", "venv", folder]);
  await execute(python, ["-m", "pip", "install", "-q", "--disable-pip-version-check", PACKAGE]);
  const generate = [
    "generate",
    "--path",
    document,
    "--output-path",
    join(folder, "generated"),
    "--meta",
    "none",
  ];
  // It warns about the one reply that is JSON lines, and about ruff, which it would use for formatting.
  await execute(join(folder, "bin", PYTHON_CLIENT), [...generate, "--overwrite"], { maxBuffer: 2 ** 26 });
  await writeFile(join(folder, "program.py"), PROGRAM);
  const { stdout } = await execute(python, ["program.py", url], { cwd: folder });
  return stdout.trim() === PRINTED ? "" : stdout;
}
