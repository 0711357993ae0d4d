/** Guesses which special tokens end a text when a file does not say, by the names that model families give them. */

const END_NAMES: ReadonlySet<string> = new Set([
  "</s>",
  "<|endoftext|>",
  "<|im_end|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end_of_text|>",
  "<|end|>",
  "<|return|>",
  "<|call|>",
  "<end_of_turn>",
  "<turn|>",
  "<eos>",
  "<EOS>",
  "<｜end▁of▁sentence｜>",
  "<|END_OF_TURN_TOKEN|>",
  "[EOS]",
  "[SEP]",
]);

export function endIdsAmong(special: ReadonlyMap<number, string>): number[] {
  return [...special].filter(([, name]) => END_NAMES.has(name)).map(([id]) => id);
}
