"""transformers' own _beam_search, by generate() of a model whose logits are the rows of this proof."""

import torch
from rows import row_of, searches, tell
from transformers import GenerationConfig, PretrainedConfig, PreTrainedModel
from transformers.generation import GenerationMixin, LogitsProcessorList, TemperatureLogitsWarper
from transformers.modeling_outputs import CausalLMOutput


class RowsConfig(PretrainedConfig):
    model_type = "rows"

    def __init__(self, vocab_size=8, **rest):
        self.vocab_size = vocab_size
        self.num_hidden_layers = 1
        super().__init__(**rest)


class RowsModel(PreTrainedModel, GenerationMixin):
    config_class = RowsConfig
    _supports_cache_class = False

    def __init__(self, config):
        super().__init__(config)
        self.anchor = torch.nn.Parameter(torch.zeros(1))
        self.world = {}

    def prepare_inputs_for_generation(self, input_ids, attention_mask=None, **_):
        return {"input_ids": input_ids}

    def forward(self, input_ids=None, attention_mask=None, **_):
        rows = [torch.from_numpy(row_of(self.world, ids)) for ids in input_ids.tolist()]
        return CausalLMOutput(logits=torch.stack(rows)[:, None, :])


def main():
    torch.set_num_threads(1)
    model = RowsModel(RowsConfig())
    for search in searches():
        world, beam, row = search["world"], search["beam"], search.get("row", {})
        model.world = world
        model.config.vocab_size = world["vocab_size"]
        ends = beam["end_token_ids"]
        config = GenerationConfig(
            num_beams=beam["num_beams"],
            num_return_sequences=beam["num_beams"],
            max_new_tokens=beam["max_tokens"],
            length_penalty=beam["length_penalty"],
            early_stopping=beam["early_stopping"],
            eos_token_id=ends if ends else None,
            pad_token_id=world["vocab_size"] + 1,
            do_sample=False,
            use_cache=False,
            return_dict_in_generate=True,
            output_scores=True,
            **{name: row[name] for name in ("no_repeat_ngram_size", "repetition_penalty") if name in row},
        )
        prompt = torch.tensor([world["prompt"]])
        # generate() ignores temperature without do_sample, but not a processor.
        warpers = [TemperatureLogitsWarper(float(row["temperature"]))] if "temperature" in row else []
        out = model.generate(
            prompt,
            generation_config=config,
            attention_mask=torch.ones_like(prompt),
            logits_processor=LogitsProcessorList(warpers),
        )
        pad = world["vocab_size"] + 1
        found = []
        for ids, score in zip(out.sequences.tolist(), out.sequences_scores.tolist()):
            tokens = [t for t in ids[len(world["prompt"]) :] if t != pad]
            found.append((tokens, score))
        tell(found)


main()
