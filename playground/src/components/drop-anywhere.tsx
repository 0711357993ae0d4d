/** Pasting and dropping anywhere on the page: the data is read as a row, or as rows to calibrate. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { takeFile, takeText } from "../state/arrivals.ts";

export function DropAnywhere() {
  const is_over = useSignal(false);
  useEffect(() =>
    listen((over) => {
      is_over.value = over;
    }),
  );
  if (!is_over.value) return null;
  return (
    <div class="drop-over" aria-hidden="true">
      <p>
        Drop it anywhere: numbers, a tensor, a table, JSON, a reply with top_logprobs, .npy, .f32, .f16, .bf16
      </p>
    </div>
  );
}

/** Answers what ends it. */
function listen(tell: (is_over: boolean) => void): () => void {
  const over = (event: DragEvent) => {
    if (isForField(event)) return tell(false);
    // without this the browser would open the dropped file in place of the page
    event.preventDefault();
    tell(true);
  };
  const leave = (event: DragEvent) => {
    if (event.relatedTarget === null) tell(false);
  };
  const drop = (event: DragEvent) => {
    tell(false);
    if (isForField(event)) return;
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    const text = event.dataTransfer?.getData("text/plain") ?? "";
    if (file !== undefined) void takeFile(file);
    else if (text.trim() !== "") void takeText(text);
  };
  const paste = (event: ClipboardEvent) => {
    const file = event.clipboardData?.files[0];
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (isField(event.target) || (file === undefined && text.trim() === "")) return;
    event.preventDefault();
    if (text.trim() !== "") void takeText(text);
    else if (file !== undefined) void takeFile(file);
  };
  addEventListener("dragover", over);
  addEventListener("dragleave", leave);
  addEventListener("drop", drop);
  addEventListener("paste", paste);
  return () => {
    removeEventListener("dragover", over);
    removeEventListener("dragleave", leave);
    removeEventListener("drop", drop);
    removeEventListener("paste", paste);
  };
}

function isField(target: EventTarget | null): boolean {
  const types = ["text", "number", "search", ""];
  if (target instanceof HTMLInputElement) return types.includes(target.type);
  return target instanceof HTMLTextAreaElement;
}

/** Text that is dragged into a field stays in the field; a file never does. */
function isForField({ target, dataTransfer }: DragEvent): boolean {
  return isField(target) && !(dataTransfer?.types.includes("Files") ?? false);
}
