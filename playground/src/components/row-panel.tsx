/** Where the row of logits comes from: an example, typed text, or a file that is dropped or chosen. */
import { useSignal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import { EXAMPLES, LITTLE_ROW } from "../rows/examples.ts";
import { problem } from "../state/result.ts";
import { type RowSource, row, row_error, source } from "../state/signals.ts";
import { chooseExample, chooseFile, chooseText, exampleNamed } from "../state/source.ts";
import { count } from "./format.ts";
import { Says } from "./says.tsx";

export function RowPanel() {
  const is_over = useSignal(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    is_over.value = false;
    const file = event.dataTransfer?.files[0];
    if (file) void chooseFile(file);
  };
  return (
    <section
      class={`panel row-panel ${is_over.value ? "is-over" : ""}`}
      aria-labelledby="row-title"
      onDragOver={(event: DragEvent) => {
        event.preventDefault();
        is_over.value = true;
      }}
      onDragLeave={() => {
        is_over.value = false;
      }}
      onDrop={drop}
    >
      <div class="panel-head">
        <h2 id="row-title">Row</h2>
        <RowSize />
      </div>
      <Sources chosen={source.value} />
      <SourceDetail chosen={source.value} />
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
      {EXAMPLES.map(({ id, title }) => (
        <button
          type="button"
          key={id}
          class="chip"
          aria-pressed={chosen.kind === "example" && chosen.id === id}
          onClick={() => void chooseExample(id)}
        >
          {title}
        </button>
      ))}
      <button
        type="button"
        class="chip"
        aria-pressed={chosen.kind === "text"}
        onClick={() => void chooseText(LITTLE_ROW.text)}
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
  if (chosen.kind === "text")
    return (
      <label class="row-text">
        <span class="field-name">Numbers, or a line “token: logit” for each token</span>
        <textarea
          rows={6}
          spellcheck={false}
          value={chosen.text}
          onInput={(event) => void chooseText(event.currentTarget.value)}
        />
      </label>
    );
  if (chosen.kind === "example") return <p class="note">{exampleNamed(chosen.id).note}</p>;
  return <p class="note">Drop another .f32, .f16, .bf16 or .npy file here at any time.</p>;
}
