"""transformers: generate() with the processor and with the loop, and the cases in which they could go wrong: batches,
lost connections, unsupported options."""

import functools
import threading
import time

import numpy
import torch
import transformers
from between import Forwarder
from checks import HAS_LOCAL, MODEL, MODELS, NOWHERE, OPTIONS, PROMPT, TIMED, URL, claims, host, measured, plain, raises
from logit_sampler import SamplerClient, SamplerProblem
from logit_sampler.adapters.transformers import ServiceLogitsProcessor, generate
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessorList, TextIteratorStreamer

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
tokenizer = AutoTokenizer.from_pretrained(MODEL)
tokenizer.pad_token, tokenizer.padding_side = tokenizer.eos_token, "left"
model = AutoModelForCausalLM.from_pretrained(MODEL)
client = SamplerClient(URL)
inputs = tokenizer(PROMPT, return_tensors="pt")
inputs.pop("token_type_ids", None)
prompt = inputs["input_ids"][0].tolist()
COUNT = 12
ENDLESS = {"min_tokens": COUNT, "stop_token_ids": [0]}


class Recording(ServiceLogitsProcessor):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.rows = []

    def __call__(self, input_ids, scores):
        self.rows.append((input_ids.tolist(), scores.float().numpy().copy()))
        return super().__call__(input_ids, scores)


def by_processor(given, count=COUNT, own_model=model, processor=None, **options):
    processor = processor or ServiceLogitsProcessor(client, pad_token_id=0, **options)
    more = {"max_new_tokens": count, "do_sample": False, "pad_token_id": 0}
    return own_model.generate(**given, **more, logits_processor=LogitsProcessorList([processor]))


def by_loop(given, count=COUNT, own_model=model, **more):
    return own_model.generate(**given, max_new_tokens=count, custom_generate=generate, client=client, **more)


def greedy():
    """with temperature 0 the processor and the loop write what greedy generate() writes"""
    own = model.generate(**inputs, max_new_tokens=COUNT, do_sample=False, pad_token_id=0)
    assert by_processor(inputs, temperature=0).tolist() == own.tolist()
    assert by_loop(inputs, options={"temperature": 0}).tolist() == own.tolist()


def as_plain_calls():
    """every token of the processor is the one that a plain call draws"""
    processor = Recording(client, **OPTIONS, **ENDLESS, seed=7)
    tokens = by_processor(inputs, processor=processor)[0, len(prompt) :].tolist()
    rows = [(ids[0], scores[0]) for ids, scores in processor.rows]
    assert tokens == plain(rows, len(prompt), **OPTIONS, **ENDLESS, seed=7), tokens


def loop_is_processor():
    """the loop, called with all that a tokenizer gives, writes the processor's text; so it does with a static cache"""
    options = {**OPTIONS, **ENDLESS, "seed": 7}
    want = by_processor(inputs, **options).tolist()
    assert "attention_mask" in inputs
    assert by_loop(inputs, options=options).tolist() == want
    assert by_loop(inputs, options=options, cache_implementation="static").tolist() == want
    loop = functools.partial(generate, client=client, options=options)
    assert model.generate(**inputs, max_new_tokens=COUNT, custom_generate=loop).tolist() == want


def bfloat16():
    """a model in bfloat16 sends its rows as they are: both ways write one text"""
    half = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.bfloat16)
    options = {**OPTIONS, **ENDLESS, "seed": 7}
    assert by_loop(inputs, own_model=half, options=options).tolist() == by_processor(inputs, own_model=half, **options).tolist()


def batches():
    """a padded row of a batch is drawn as it is alone, also when another has ended long before"""
    texts = [PROMPT, "My dear"]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    batch.pop("token_type_ids", None)
    options = {"temperature": 0.8, "logit_bias": {}, "seed": 7}
    width = batch["input_ids"].shape[1]
    together = by_processor(batch, **options)
    # A token that only the first row has, as the end token: that row is padded from there on.
    other = together[1, width:].tolist()
    place, end = next((at, each) for at, each in enumerate(together[0, width:].tolist()) if at > 0 and each not in other)
    processor = ServiceLogitsProcessor(client, pad_token_id=0, **options)
    more = {"max_new_tokens": COUNT, "do_sample": False, "pad_token_id": 0, "eos_token_id": end}
    ended = model.generate(**batch, **more, logits_processor=LogitsProcessorList([processor]))
    assert set(ended[0, width + place + 1 :].tolist()) == {0}, ended[0]
    assert ended[1].tolist() == together[1].tolist(), ended[1]
    for index, text in enumerate(texts):
        alone = tokenizer(text, return_tensors="pt")
        alone.pop("token_type_ids", None)
        tokens = by_processor(alone, **{**options, "seed": 7 + index})[0, alone["input_ids"].shape[1] :].tolist()
        assert together[index, width:].tolist() == tokens, (together[index, width:], tokens)


def embeddings():
    """a prompt of embeddings begins at step 0 once, and both ways write one text"""
    given = {"inputs_embeds": model.get_input_embeddings()(inputs["input_ids"]), "attention_mask": inputs["attention_mask"]}
    options = {**ENDLESS, "temperature": 0.8, "seed": 7}
    processor = Recording(client, **options)
    tokens = by_processor(given, processor=processor)[0].tolist()
    assert [len(ids[0]) for ids, _ in processor.rows] == list(range(COUNT))
    assert tokens == plain([(ids[0], scores[0]) for ids, scores in processor.rows], 0, **options)
    assert by_loop(given, options=options)[0].tolist() == tokens


def sampled_sequences():
    """two sequences of one prompt are not beams; each has its own draws"""
    processor = ServiceLogitsProcessor(client, temperature=1.2, seed=7)
    more = {"max_new_tokens": COUNT, "do_sample": True, "top_k": 0, "num_return_sequences": 2, "pad_token_id": 0}
    one, other = model.generate(**inputs, **more, logits_processor=LogitsProcessorList([processor])).tolist()
    assert one != other


def beams():
    """beams are refused by the processor and by the loop, each in a sentence that names num_beams, also where processors
    of transformers have changed the scores before"""
    changed = [{}, {"repetition_penalty": 1.5}, {"bad_words_ids": [[5], [6]]}, {"sequence_bias": [[[5], 10.0]]}]
    for own in changed:
        raises(ValueError, lambda own=own: model.generate(**inputs, max_new_tokens=3, num_beams=2, do_sample=False,
               pad_token_id=0, **own, logits_processor=LogitsProcessorList([ServiceLogitsProcessor(client)])), "num_beams")
    raises(ValueError, lambda: by_loop(inputs, options={}, num_beams=2), "num_beams")


def drafts():
    """assistants and prompt lookup are refused in a sentence that names them"""
    for own in ({"prompt_lookup_num_tokens": 3}, {"assistant_model": model}):
        raises(ValueError, lambda own=own: model.generate(**inputs, max_new_tokens=6, do_sample=False, pad_token_id=0, **own,
               logits_processor=LogitsProcessorList([ServiceLogitsProcessor(client)])), "prompt_lookup_num_tokens")
    raises(ValueError, lambda: by_loop(inputs, options={}, prompt_lookup_num_tokens=3), "prompt_lookup_num_tokens")


KEPT = {"return_dict_in_generate": True, "output_scores": True}


def log_probabilities():
    """output_scores and compute_transition_scores, normalised or not, have the log-probabilities of the service, and
    output_logits those of the model"""
    options = {"temperature": 0.8, "top_p": 0.9, "seed": 7, "logprobs": True, **ENDLESS}
    processor = Recording(client, **options)
    output = model.generate(**inputs, **KEPT, output_logits=True, max_new_tokens=COUNT, do_sample=False, pad_token_id=0,
                            logits_processor=LogitsProcessorList([processor]))
    rows = [(ids[0], scores[0]) for ids, scores in processor.rows]
    want = [reply["processed_logprob"] for reply in replies(rows, **options)]
    assert any(each < -0.01 for each in want), want
    looped = by_loop(inputs, options=options, **KEPT, output_logits=True)
    assert looped.sequences.tolist() == output.sequences.tolist()
    for each in (output, looped):
        for normalize_logits in (False, True):
            got = model.compute_transition_scores(each.sequences, each.scores, normalize_logits=normalize_logits)
            assert numpy.allclose(got[0].numpy(), want, atol=1e-6), (got, want)
        for row, (_, scores) in zip(each.logits, rows):
            numpy.testing.assert_allclose(row[0].numpy(), scores, atol=1e-4)


def replies(rows, **options):
    found, state = [], None
    for step, (history, row) in enumerate(rows):
        own = {"step": step, "history": history, "prompt_length": len(prompt), "state": state}
        found.append(client.sample(row, **options, **own))
        state = found[-1]["state"]
    return found


def log_probabilities_in_batches():
    """and so in a batch, and where generate() samples by itself"""
    batch = tokenizer([PROMPT, "My dear"], return_tensors="pt", padding=True)
    batch.pop("token_type_ids", None)
    for own in ({"do_sample": False}, {"do_sample": True, "top_k": 0}):
        processor = ServiceLogitsProcessor(client, pad_token_id=0, temperature=0.8, seed=7, logprobs=True)
        output = model.generate(**batch, **KEPT, **own, max_new_tokens=4, pad_token_id=0,
                                logits_processor=LogitsProcessorList([processor]))
        got = model.compute_transition_scores(output.sequences, output.scores, normalize_logits=True)
        assert bool((got <= 0).all()) and bool((got < -0.01).any()), got


def log_probabilities_not_asked():
    """reading scores whose log-probabilities were not asked for raises what to ask with"""
    processor = ServiceLogitsProcessor(client, seed=7)
    output = model.generate(**inputs, **KEPT, max_new_tokens=3, do_sample=False, pad_token_id=0,
                            logits_processor=LogitsProcessorList([processor]))
    for normalize_logits in (False, True):
        raises(ValueError, lambda: model.compute_transition_scores(output.sequences, output.scores,
               normalize_logits=normalize_logits), "logprobs=True")
    raises(ValueError, lambda: by_loop(inputs, options={}, return_dict_in_generate=True, output_attentions=True), "output_attentions")


def cuts():
    """a text goes on with the same tokens when its connection is cut on the way, by the loop and by the processor"""
    whole = by_loop(inputs, options={**OPTIONS, **ENDLESS, "seed": 7}).tolist()
    between = Forwarder()

    class Cutting(ServiceLogitsProcessor):
        def __call__(self, input_ids, scores):
            between.cut()
            return super().__call__(input_ids, scores)

    def cut(ids, _):
        between.cut()
        return torch.zeros(len(ids), dtype=torch.bool)

    with SamplerClient(between.url) as other:
        options = {**OPTIONS, **ENDLESS, "seed": 7}
        assert by_processor(inputs, processor=Cutting(other, **options)).tolist() == whole
        got = model.generate(**inputs, max_new_tokens=COUNT, custom_generate=generate, client=other, options=options,
                             stopping_criteria=[cut])
        assert got.tolist() == whole
    assert between.opened > COUNT


def local():
    """the sampler in the process writes the same text by the processor, by the loop and in batches"""
    from logit_sampler import Sampler

    options = {**OPTIONS, **ENDLESS, "seed": 7}
    whole = by_loop(inputs, options=options).tolist()
    sampler = Sampler()
    assert by_processor(inputs, processor=ServiceLogitsProcessor(sampler, pad_token_id=0, **options)).tolist() == whole
    got = model.generate(**inputs, max_new_tokens=COUNT, custom_generate=generate, client=sampler, options=options)
    assert got.tolist() == whole
    batch = tokenizer([PROMPT, "My dear"], return_tensors="pt", padding=True)
    batch.pop("token_type_ids", None)
    own = {"temperature": 0.8, "seed": 7}
    one = by_processor(batch, processor=ServiceLogitsProcessor(sampler, pad_token_id=0, **own)).tolist()
    assert one == by_processor(batch, **own).tolist()


def other_calls():
    """a processor that is used for another call is refused"""
    processor = ServiceLogitsProcessor(client, seed=7)
    by_processor(inputs, processor=processor)
    raises(ValueError, lambda: by_processor(inputs, processor=processor), "make another")


def dictionaries():
    """return_dict_in_generate brings the loop's sequences and cache as it does generate()'s"""
    output = by_loop(inputs, options={"temperature": 0}, return_dict_in_generate=True)
    assert output.sequences.shape[1] == len(prompt) + COUNT and output.past_key_values is not None


def streamers():
    """stream_to gets the tokens as they come, and the end"""
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, timeout=30)
    options = {**ENDLESS, "temperature": 0.8, "seed": 7}
    thread = threading.Thread(target=lambda: by_loop(inputs, options=options, stream_to=streamer))
    thread.start()
    text = "".join(streamer)
    thread.join()
    assert text == tokenizer.decode(by_loop(inputs, options=options)[0, len(prompt) :]), text


def errors():
    """a misspelt option and a service that is away reach the caller of generate()"""
    raises(SamplerProblem, lambda: by_processor(inputs, temprature=1), "temprature")
    raises(SamplerProblem, lambda: by_loop(inputs, options={"temprature": 1}), "temprature")
    raises(OSError, lambda: by_processor(inputs, processor=ServiceLogitsProcessor(SamplerClient(NOWHERE))))


def timed(folder):
    own_model = model if folder == MODEL else AutoModelForCausalLM.from_pretrained(folder)
    count = 16
    ban = {"min_new_tokens": count, "max_new_tokens": count, "pad_token_id": 0}

    def clock(run):
        begun = time.perf_counter()
        run()
        return round((time.perf_counter() - begun) * 1000 / count, 3)

    def by_own(chain):
        return clock(lambda: own_model.generate(**inputs, **ban, do_sample=True, **chain))

    def in_loop(client, options):
        return clock(lambda: own_model.generate(**inputs, **ban, custom_generate=generate, client=client, options=options))

    def in_processor(client, options):
        processors = LogitsProcessorList([ServiceLogitsProcessor(client, **options)])
        return clock(lambda: own_model.generate(**inputs, **ban, do_sample=False, logits_processor=processors))

    for chain, options, name in (({"top_k": 0, **TIMED}, TIMED, ""), ({}, {"top_k": 50}, ", its default chain")):
        for way, ours in (("the loop", in_loop), ("the processor", in_processor)):
            measured(own_model.config.vocab_size, lambda: by_own(chain), lambda client: ours(client, options), way + name)


host(f"transformers {transformers.__version__}, torch {torch.__version__}")
claims(greedy, as_plain_calls, loop_is_processor, bfloat16, batches, embeddings, sampled_sequences, beams, drafts, other_calls,
       dictionaries, log_probabilities, log_probabilities_in_batches, log_probabilities_not_asked, cuts, streamers, errors)
if HAS_LOCAL:
    claims(local)
for folder in MODELS:
    timed(folder)
