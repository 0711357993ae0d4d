"""llama.cpp itself: adapters/llama.cpp/logit_sampler.c, compiled against the libllama that llama-cpp-python brings, in chains of
llama.cpp's own and in its own decoding loop.
"""

import ctypes
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import llama_cpp
import numpy as np
from checks import MODEL, MODELS, OPTIONS, PROMPT, TIMED, URL, claims, host, measured, plain
from logit_sampler import SamplerClient

SOURCE = Path(os.environ["HOSTS_ROOT"]) / "adapters/llama.cpp/logit_sampler.c"
SITE = Path(llama_cpp.__file__).parent
ADDRESS = urlsplit(URL)
COUNT = 12
ENDLESS = {"min_tokens": COUNT, "stop_token_ids": [0]}


class Params(ctypes.Structure):
    _fields_ = [("host", ctypes.c_char_p), ("port", ctypes.c_char_p), ("api_key", ctypes.c_char_p),
                ("options", ctypes.c_char_p), ("n_vocab", ctypes.c_int32), ("timeout_s", ctypes.c_int)]


def compiled():
    """Every warning is an error."""
    library = Path(tempfile.mkdtemp()) / "logit_sampler.so"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-shared", "-fPIC"]
    where = [f"-I{SITE.parent / 'include'}", f"-L{SITE / 'lib'}", f"-Wl,-rpath,{SITE / 'lib'}", "-lllama"]
    subprocess.run(["cc", *flags, str(SOURCE), "-o", str(library), *where], check=True)
    found = ctypes.CDLL(str(library))
    found.logit_sampler_init.restype = ctypes.POINTER(llama_cpp.llama_sampler)
    found.logit_sampler_init.argtypes = [Params, ctypes.c_char_p, ctypes.c_size_t]
    found.logit_sampler_error.restype = ctypes.c_char_p
    found.logit_sampler_error.argtypes = [ctypes.POINTER(llama_cpp.llama_sampler)]
    return found


ours = compiled()
llama_cpp.llama_backend_init()


class Model:
    def __init__(self, folder=MODEL):
        params = llama_cpp.llama_model_default_params()
        self.model = llama_cpp.llama_model_load_from_file(f"{folder}/model.gguf".encode(), params)
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.vocab)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_threads, params.n_threads_batch = 512, 1, 1
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        buffer = (llama_cpp.llama_token * 64)()
        text = PROMPT.encode()
        count = llama_cpp.llama_tokenize(self.vocab, text, len(text), buffer, 64, False, False)
        self.prompt = list(buffer[:count])

    def forget(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def read(self, tokens):
        fed = (llama_cpp.llama_token * len(tokens))(*tokens)  # the batch does not keep it
        assert llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(fed, len(tokens))) == 0

    def row(self):
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self.context, -1), (self.size,)).copy()


llm = Model()


def service(options, own=llm, address=ADDRESS):
    text = json.dumps(options)
    params = Params(address.hostname.encode(), str(address.port).encode(), None, text.encode(), own.size, 0)
    error = ctypes.create_string_buffer(512)
    return ours.logit_sampler_init(params, error, 512), error.value.decode()


def chain_of(*samplers):
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for sampler in samplers:
        llama_cpp.llama_sampler_chain_add(chain, sampler)
    return chain


def write(chain, own=llm, count=COUNT, rows=None, between=None):
    """llama.cpp's loop: the prompt is accepted, then decode, sample (which accepts), decode."""
    own.forget()
    for token in own.prompt:
        llama_cpp.llama_sampler_accept(chain, token)
    tokens, unread = [], own.prompt
    for _ in range(count):
        own.read(unread)
        if rows is not None:
            rows.append((own.prompt + tokens, own.row()))
        token = llama_cpp.llama_sampler_sample(chain, own.context, -1)
        if between is not None:
            between(token)
        tokens.append(token)
        unread = [token]
    return tokens


def greedy():
    """with temperature 0 it writes what llama.cpp's greedy sampler writes"""
    ending, _ = service({"temperature": 0})
    chain = chain_of(ending)
    tokens = write(chain)
    assert ours.logit_sampler_error(ending) is None
    own = chain_of(llama_cpp.llama_sampler_init_greedy())
    assert tokens == write(own)
    for each in (chain, own):
        llama_cpp.llama_sampler_free(each)


def as_plain_calls():
    """every token is the one that a plain call draws"""
    options = {**OPTIONS, **ENDLESS, "seed": 7}
    sampler, rows = service(options)[0], []
    tokens = write(chain_of(sampler), rows=rows)
    assert tokens == plain(rows, len(llm.prompt), **options), tokens


def behind_others():
    """behind llama.cpp's own top-k it draws from what that leaves"""
    sampler, rows = service({"temperature": 1.5, "seed": 7})[0], []
    tokens = write(chain_of(llama_cpp.llama_sampler_init_top_k(5), sampler), rows=rows)
    for token, (_, row) in zip(tokens, rows):
        assert token in np.argsort(row)[-5:]


def without_a_seed():
    """without a seed it draws, and two samplers draw apart"""
    one, other = (write(chain_of(service({"temperature": 1.5})[0]), count=20) for _ in range(2))
    assert one != other


def taken_back():
    """a token that is drawn and not accepted is taken back, and one that is accepted in its place is followed"""
    options = {"temperature": 0.8, "repetition_penalty": 1.5, "seed": 7}
    sampler = service(options)[0]
    llm.forget()
    for token in llm.prompt:
        llama_cpp.llama_sampler_accept(sampler, token)
    llm.read(llm.prompt)

    def drawn():
        data = (llama_cpp.llama_token_data * llm.size)()
        for token, logit in enumerate(llm.row()):
            data[token] = llama_cpp.llama_token_data(token, logit, 0.0)
        array = llama_cpp.llama_token_data_array(data, llm.size, -1, False)
        llama_cpp.llama_sampler_apply(sampler, ctypes.byref(array))
        return data[array.selected].id

    row = llm.row()
    [want] = plain([(llm.prompt, row)], len(llm.prompt), **options)
    assert [drawn(), drawn()] == [want, want]
    other = want + 1
    llama_cpp.llama_sampler_accept(sampler, other)
    llm.read([other])
    with SamplerClient(URL) as client:
        own = {"step": 1, "history": [*llm.prompt, other], "prompt_length": len(llm.prompt)}
        assert drawn() == client.sample(llm.row(), **options, **own)["token_id"]
    llama_cpp.llama_sampler_free(sampler)


def clones_and_resets():
    """a clone goes on at the same place, state and all, and a sampler that is reset writes the same text again"""
    options = {**OPTIONS, **ENDLESS, "seed": 7}
    whole = write(chain_of(service(options)[0]))
    chain = chain_of(service(options)[0])
    begun = write(chain, count=4)
    copy = llama_cpp.llama_sampler_clone(chain)
    for each in (copy, chain):
        llm.forget()
        tokens, unread = list(begun), llm.prompt + begun
        while len(tokens) < COUNT:
            llm.read(unread)
            tokens.append(llama_cpp.llama_sampler_sample(each, llm.context, -1))
            unread = tokens[-1:]
        assert tokens == whole, (tokens, whole)
    llama_cpp.llama_sampler_reset(chain)
    assert write(chain) == whole


def mistakes():
    """a misspelt option and an unreachable service are errors when the sampler is created"""
    sampler, error = service({"temprature": 1})
    assert not sampler and "temprature" in error, error
    sampler, error = service({}, address=urlsplit("http://127.0.0.1:9"))
    assert not sampler and "reached" in error, error


def refused_rows():
    """a row that is refused selects the largest logit, and the error says why"""
    sampler = service({"allowed_token_ids": [0], "logit_bias": {"0": -1e9}, "bad_words_ids": [[0]]})[0]
    token = write(chain_of(sampler), count=1)
    assert ours.logit_sampler_error(sampler) is not None
    own = write(chain_of(llama_cpp.llama_sampler_init_greedy()), count=1)
    assert token == own


def timed(folder):
    own, count = Model(folder) if folder != MODEL else llm, 32

    def clock(chain):
        begun = time.perf_counter()
        write(chain, own, count)
        taken = time.perf_counter() - begun
        llama_cpp.llama_sampler_free(chain)
        return round(taken * 1000 / count, 3)

    def of_llama():
        return chain_of(llama_cpp.llama_sampler_init_top_p(TIMED["top_p"], 1),
                        llama_cpp.llama_sampler_init_temp(TIMED["temperature"]), llama_cpp.llama_sampler_init_dist(1))

    measured(own.size, lambda: clock(of_llama()), lambda _: clock(chain_of(service(TIMED, own)[0])), ways={"ours": URL})


host(f"llama.cpp's libllama of llama-cpp-python {llama_cpp.__version__}")
claims(greedy, as_plain_calls, behind_others, without_a_seed, taken_back, clones_and_resets, mistakes, refused_rows)
for folder in MODELS:
    timed(folder)
