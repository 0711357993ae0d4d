"""Imports single modules of a large package unchanged, with stand-ins for everything else that they import.

A sampler's arithmetic is a few files; their imports (engines, kernels, servers) are not needed to run it, and often
need a GPU. The host's file here lists the real modules; everything else of the named packages is a stand-in that
accepts any call and returns itself.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types


class _Anything:
    """Accepts any use; as a decorator it returns the decorated function."""

    def __init__(self, name="anything"):
        self.__name__ = name

    def __call__(self, *arguments, **named):
        if len(arguments) == 1 and not named and callable(arguments[0]):
            return arguments[0]
        return self

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _Anything(name)

    def __getitem__(self, _):
        return self

    def __iter__(self):
        return iter(())

    def __bool__(self):
        return False

    def __contains__(self, _):
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __lt__(self, _):
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __or__(self, other):
        return other

    __ror__ = __or__

    def __mro_entries__(self, _):
        return (object,)


class _StandIn(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Anything(name)
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, packages, real):
        self.packages = packages
        self.real = real

    def _is_real(self, name):
        return any(name == each or name.startswith(each + ".") for each in self.real)

    def find_spec(self, name, path=None, target=None):
        top = name.split(".", 1)[0]
        if top not in self.packages or self._is_real(name):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = _StandIn(spec.name)
        root = self.packages[spec.name.split(".", 1)[0]]
        parts = spec.name.split(".")[1:]
        module.__path__ = [] if root is None else ["/".join([root, *parts])]
        return module

    def exec_module(self, module):
        pass


def folder_of(package):
    """The path of a package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed here")
    return list(spec.submodule_search_locations)[0]


def stand_in(packages, real, missing=()):
    """Replaces imports of `packages` by stand-ins, except the modules in `real`. Packages in `missing` are stand-ins
    entirely."""
    roots = {package: folder_of(package) for package in packages}
    roots.update({package: None for package in missing})
    sys.meta_path.insert(0, _Finder(roots, tuple(real)))


def stable_sorts():
    """Makes torch.sort stable, so that a host's result for tied tokens is unique."""
    import torch

    torch.set_num_threads(1)
    sort, method = torch.sort, torch.Tensor.sort

    def stable(values, *arguments, **named):
        named.pop("stable", None)
        dim = arguments[0] if arguments else named.pop("dim", -1)
        descending = arguments[1] if len(arguments) > 1 else named.pop("descending", False)
        return sort(values, dim=dim, descending=descending, stable=True, **named)

    del method
    torch.sort = stable
    torch.Tensor.sort = stable


def version_of(distribution):
    from importlib.metadata import version

    return version(distribution)
