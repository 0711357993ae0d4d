"""Stand-ins for torch and transformers: XGrammar imports them for names that neither masks nor texts need."""

import sys
import types

import numpy as np
import tvm_ffi  # before the stand-ins, which it would take for the real ones

assert tvm_ffi is not None


class StandIn(types.ModuleType):
    """A module in which every name is an empty class."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


torch = StandIn("torch")
torch.int32 = np.int32
torch.tensor = lambda value, dtype=None: np.array(value, dtype=dtype)
sys.modules["torch"] = torch
sys.modules["transformers"] = StandIn("transformers")
