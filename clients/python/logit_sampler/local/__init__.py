"""The same sampler in this process, without a service: ``pip install "logit-sampler[local]"``.

    from logit_sampler import Sampler

    sampler = Sampler(vocabulary="tokenizer.json")
    reply = sampler.sample(logits, temperature=0.8, top_p=0.95, seed=7, step=3)

It is the library of the project, a bundle of JavaScript and WebAssembly, in an engine of this process. Methods, options,
replies and errors are those of ``SamplerClient``.
"""

from ._engine import EngineMissing
from ._sampler import Sampler
from ._streams import LocalStream

__all__ = ["EngineMissing", "LocalStream", "Sampler"]
