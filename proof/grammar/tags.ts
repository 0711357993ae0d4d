/** Random dialogues with tool calls, judged as structural tags here and by XGrammar's matcher. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import { compiled } from "../../src/grammar/grammar.ts";
import { NEVER } from "../../src/grammar/nodes.ts";

const SCRIPT = fileURLToPath(new URL("python/xgrammar_tags.py", import.meta.url));

type Verdict = "whole" | "begun" | "no";

interface Case {
  readonly tags: readonly { readonly begin: string; readonly content: object; readonly end: string }[];
  readonly triggers: readonly string[];
  readonly at_least_one: boolean;
  readonly stop_after_first: boolean;
  readonly texts: readonly string[];
}

export interface TagsTally {
  readonly dialogues: number;
  readonly whole: number;
  readonly begun: number;
  readonly no: number;
  readonly wrong: readonly string[];
}

/** Kinds of content, each with some texts, and one invalid content. */
const CONTENTS = [
  {
    content: {
      json_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
    good: ['{"city": "Nantucket"}', '{"city": "<fn="}'],
    bad: "{}",
  },
  { content: { json_schema: { type: "integer" } }, good: ["7", "-12"], bad: "1.5" },
  { content: { regex: "[a-z]{1,3}" }, good: ["a", "xyz"], bad: "A" },
] as const;
const FORMS = [
  { trigger: "<fn=", begin: (name: string) => `<fn=${name}>`, end: "</fn>" },
  { trigger: "<tool_call>", begin: (name: string) => `<tool_call>${name}:`, end: "</tool_call>" },
  { trigger: "```", begin: (name: string) => `\`\`\`${name}\n`, end: "\n```" },
] as const;
const NAMES = ["go", "stay", "ask"] as const;
const FREE = ["", "Call me Ishmael. ", "a < b ", "<f", "`` ", "<tool_call", "é🐋 ", "</fn>"] as const;

function randomCase(random: Seeded): Case {
  const form = random.pick(FORMS);
  const names = NAMES.slice(0, 1 + random.below(NAMES.length));
  const parts = names.map((name) => ({ ...random.pick(CONTENTS), begin: form.begin(name), end: form.end }));
  const texts = Array.from({ length: 12 }, () => {
    let text = random.pick(FREE) as string;
    for (let turns = random.below(3); turns > 0; turns--) {
      const { begin, good, bad, end } = random.pick(parts);
      const content = random.below(6) === 0 ? bad : random.pick(good);
      text += begin + content + end + random.pick(FREE);
    }
    return random.below(3) === 0 ? text.slice(0, random.below(text.length + 1)) : text;
  });
  return {
    tags: parts.map(({ begin, content, end }) => ({ begin, content, end })),
    triggers: [form.trigger],
    at_least_one: random.below(4) === 0,
    stop_after_first: random.below(4) === 0,
    texts: texts.map((text) => wellFormed(text)),
  };
}

function judge({ tags, texts, ...options }: Case): Verdict[] {
  const grammar = compiled({
    kind: "tags",
    value: tags,
    whitespace: "any",
    property_order: "schema",
    ...options,
  });
  return texts.map((text) => {
    const state = grammar.advance(grammar.start, Buffer.from(text));
    if (state === NEVER) return "no";
    return grammar.automaton.nullable(state) ? "whole" : "begun";
  });
}

export async function againstTags(python: string, dialogues: number, seed: number): Promise<TagsTally> {
  const random = seeded(seed);
  const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const tally = { whole: 0, begun: 0, no: 0 };
  const wrong: string[] = [];
  let done = 0;
  while (done < dialogues) {
    const each = randomCase(random);
    child.stdin.write(`${JSON.stringify(each)}\n`);
    const { value, done: has_ended } = await lines.next();
    if (has_ended === true) throw new Error("XGrammar ended");
    const theirs = JSON.parse(value) as Verdict[]; // as the script writes it
    const own = judge(each);
    for (const [i, text] of each.texts.entries()) {
      tally[own[i] as Verdict]++;
      if (own[i] !== theirs[i]) {
        const { texts: _, ...how } = each;
        wrong.push(
          `${JSON.stringify(text)} is ${own[i]} here, ${theirs[i]} for XGrammar: ${JSON.stringify(how)}`,
        );
      }
    }
    done += each.texts.length;
  }
  child.stdin.end();
  return { dialogues: done, ...tally, wrong };
}

/** Removes half a surrogate pair at the end, which UTF-8 cannot encode. */
function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, "");
}
