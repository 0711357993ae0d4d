/** The source of the row of logits: an example, typed text, or a file that is dropped or selected. */
import type { TargetedEvent } from "preact";
import { CombineChoice } from "../combine/combine-choice.tsx";
import { EXAMPLES, LITTLE_TEXT } from "../rows/examples.ts";
import { visit } from "../state/history.ts";
import { problem } from "../state/result.ts";
import { missing, type RowSource, row, row_error, source } from "../state/signals.ts";
import { chooseExample, chooseFile, chooseText, exampleNamed } from "../state/source.ts";
import { Replayed } from "../write/replayed.tsx";
import { count } from "./format.ts";
import { HowRead, OwnText } from "./own-text.tsx";
import { Says } from "./says.tsx";

export function RowPanel() {
  return (
    <section class="panel row-panel" aria-labelledby="row-title">
      <div class="panel-head">
        <h2 id="row-title">Row</h2>
        <RowSize />
      </div>
      <Sources chosen={source.value} />
      <SourceDetail chosen={source.value} />
      <CombineChoice />
      {missing.value && <p class="doubt">{missing.value}</p>}
      {row_error.value && (
        <p class="says" role="alert">
          {row_error.value}
        </p>
      )}
      {problem.value?.pointer.startsWith("/logits") && <Says problem={problem.value} />}
    </section>
  );
}

function RowSize() {
  if (row.value === undefined) return <span class="aside">loading…</span>;
  return (
    <span class="aside">
      {count(row.value.vocab_size)} logits, {row.value.dtype}
    </span>
  );
}

function Sources({ chosen }: { chosen: RowSource }) {
  return (
    <fieldset class="chips">
      <legend class="unseen">Examples and other sources</legend>
      {EXAMPLES.filter(({ is_second }) => !is_second).map(({ id, title }) => (
        <button
          type="button"
          key={id}
          class="chip"
          aria-pressed={chosen.kind === "example" && chosen.id === id}
          onClick={() => {
            visit();
            void chooseExample(id);
          }}
        >
          {title}
        </button>
      ))}
      <button
        type="button"
        class="chip"
        aria-pressed={chosen.kind === "text"}
        onClick={() => {
          visit();
          void chooseText(LITTLE_TEXT);
        }}
      >
        Your own
      </button>
      <FileChip chosen={chosen} />
    </fieldset>
  );
}

function FileChip({ chosen }: { chosen: RowSource }) {
  const take = (event: TargetedEvent<HTMLInputElement>) => {
    const file = event.currentTarget.files?.[0];
    if (file) void chooseFile(file);
    event.currentTarget.value = "";
  };
  return (
    <label class={`chip file-chip ${chosen.kind === "file" ? "is-chosen" : ""}`}>
      {chosen.kind === "file" ? chosen.name : "File…"}
      <input
        type="file"
        class="unseen"
        aria-label="Read a row from a file"
        accept=".f32,.f16,.bf16,.bin,.npy,.txt,.json"
        onChange={take}
      />
    </label>
  );
}

function SourceDetail({ chosen }: { chosen: RowSource }) {
  if (chosen.kind === "text") return <OwnText of={chosen} />;
  if (chosen.kind === "written") return <Replayed index={chosen.index} />;
  return (
    <>
      <p class="note">
        {chosen.kind === "example"
          ? exampleNamed(chosen.id).note
          : "A .npy file gives its last row; .f32, .f16 and .bf16 are numbers as they are in memory."}
      </p>
      <HowRead />
      <p class="note">Paste or drop yours anywhere: numbers, a tensor, a table, JSON, a reply, a file.</p>
    </>
  );
}
