"""llama-cpp-python: completions, chat, streams and drafts with the processor, and errors that reach the caller."""

import os
import re
import time

import llama_cpp
from checks import HAS_LOCAL, MODEL, MODELS, NOWHERE, OPTIONS, PROMPT, TIMED, URL, claims, host, measured, plain, raises
from llama_cpp import Llama, LogitsProcessorList, StoppingCriteriaList
from llama_cpp.llama_speculative import LlamaPromptLookupDecoding
from logit_sampler import SamplerClient, SamplerProblem
from logit_sampler.adapters.llama_cpp import ServiceLogitsProcessor

COUNT = 12
# : The defaults of Llama.generate().
DEFAULTS = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
ENDLESS = {"min_tokens": COUNT, "stop_token_ids": [0]}
client = SamplerClient(URL)


def model(folder=MODEL, **more):
    return Llama(f"{folder}/model.gguf", n_ctx=512, n_threads=1, n_threads_batch=1, seed=1, verbose=False, **more)


llm = model()


class Recording(ServiceLogitsProcessor):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.rows = []

    def __call__(self, input_ids, scores):
        self.rows.append((input_ids.tolist(), scores.copy()))
        return super().__call__(input_ids, scores)


def processing(processor):
    return {
        "logits_processor": LogitsProcessorList([processor]),
        "stopping_criteria": StoppingCriteriaList([processor.stop]),
    }


def write(processor, count=COUNT, prompt=PROMPT, own=llm, **more):
    reply = own(prompt, max_tokens=count, temperature=0.0, **processing(processor), **more)
    return reply["choices"][0]["text"]


def greedy():
    """with temperature 0 the processor writes what llama.cpp writes"""
    own = llm(PROMPT, max_tokens=COUNT, temperature=0.0)["choices"][0]["text"]
    with ServiceLogitsProcessor(client, temperature=0) as processor:
        assert write(processor) == own


def as_plain_calls():
    """every token is the one that a plain call draws"""
    with Recording(client, **OPTIONS, **ENDLESS, seed=7) as processor:
        text = write(processor)
    prompt_length = len(processor.rows[0][0])
    tokens = plain(processor.rows, prompt_length, **OPTIONS, **ENDLESS, seed=7)
    assert llm.detokenize(tokens).decode() == text, text
    assert tokens[:-1] == processor.rows[-1][0][prompt_length:]


def streams_and_chat():
    """a streamed completion is the same text, and a chat completion works"""
    options = {"temperature": 0.8, **ENDLESS, "seed": 7}
    with ServiceLogitsProcessor(client, **options) as processor:
        text = write(processor)
    with ServiceLogitsProcessor(client, **options) as processor:
        parts = llm(PROMPT, max_tokens=COUNT, temperature=0.0, stream=True, **processing(processor))
        assert "".join(part["choices"][0]["text"] for part in parts) == text
    with ServiceLogitsProcessor(client, **options) as processor:
        messages = [{"role": "user", "content": PROMPT}]
        reply = llm.create_chat_completion(messages, max_tokens=4, temperature=0.0, logits_processor=LogitsProcessorList([processor]))
        assert reply["choices"][0]["message"]["content"]


def drafts():
    """drafts by prompt lookup do not change the text"""
    options = {"temperature": 0.5, **ENDLESS, "seed": 7}
    prompt = f"{PROMPT} harbour. {PROMPT} harbour. {PROMPT}"
    with ServiceLogitsProcessor(client, **options) as processor:
        text = write(processor, prompt=prompt)
    drafting = model(draft_model=LlamaPromptLookupDecoding(num_pred_tokens=3), logits_all=True)
    with ServiceLogitsProcessor(client, **options) as processor:
        assert write(processor, prompt=prompt, own=drafting) == text


def options_on_entry():
    """a misspelt option and an unreachable service are errors when the processor is entered"""
    raises(SamplerProblem, ServiceLogitsProcessor(client, temprature=1).__enter__, "temprature")
    raises(OSError, ServiceLogitsProcessor(SamplerClient(NOWHERE)).__enter__)


def errors_on_the_way():
    """an error in a step reaches the caller of the completion before the token is used"""
    processor = ServiceLogitsProcessor(client, temprature=1)
    raises(SamplerProblem, lambda: write(processor), "temprature")
    raises(OSError, lambda: write(ServiceLogitsProcessor(SamplerClient(NOWHERE))))


def other_prompts():
    """a processor that is used for another prompt is refused"""

    def run():
        with ServiceLogitsProcessor(client, seed=7) as processor:
            write(processor)
            write(processor, prompt="My dear")

    raises(ValueError, run, "one prompt")


def errors_at_exit():
    """without the stopping criterion the error is raised when the with statement ends"""

    def run():
        with ServiceLogitsProcessor(client, seed=7) as processor:
            processor._client = SamplerClient(NOWHERE)
            llm(PROMPT, max_tokens=3, temperature=0.0, logits_processor=LogitsProcessorList([processor]))

    raises(OSError, run)


def readme():
    """the README's program for llama.cpp writes a text, with the sampler in this process"""
    page = open(f"{os.environ['HOSTS_ROOT']}/README.md", encoding="utf8").read()
    program = next(block for block in re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S) if "llama_cpp" in block)
    told = []
    exec(program.replace("model.gguf", f"{MODEL}/model.gguf"), {"print": told.append})
    assert len(told) == 1 and told[0].strip(), told


def timed(folder):
    own = model(folder)
    count = 16

    def clock(run):
        begun = time.perf_counter()
        run()
        return round((time.perf_counter() - begun) * 1000 / count, 3)

    def generated(**more):
        """The tokens in order, including the token that ends the text."""
        tokens = own.generate(own.tokenize(PROMPT.encode(), add_bos=False), reset=True, **more)
        for _, _ in zip(range(count), tokens):
            pass

    def ours(client, options):
        with ServiceLogitsProcessor(client, **options) as processor:
            generated(temp=0.0, **processing(processor))

    top_p = {"temp": TIMED["temperature"], "top_p": TIMED["top_p"], "top_k": 0, "min_p": 0.0}
    for what, chain, options in (("", top_p, TIMED), ("its default chain", {}, DEFAULTS)):
        measured(own.n_vocab(), lambda: clock(lambda: generated(**chain)),
                 lambda client: clock(lambda: ours(client, options)), what)


host(f"llama-cpp-python {llama_cpp.__version__}")
if HAS_LOCAL:
    claims(readme)
claims(greedy, as_plain_calls, streams_and_chat, drafts, options_on_entry, errors_on_the_way, other_prompts, errors_at_exit)
for folder in MODELS:
    timed(folder)
