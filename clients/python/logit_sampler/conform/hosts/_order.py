"""What adapters share: options that a host has, and the order in which it runs its stages."""

from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from .. import NotSupported, Options


class Host:
    """What every host has."""

    #: its name with its version
    version: str

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        """The distribution behind a chain; raises NotSupported for stages, options and orders that the host lacks."""
        raise NotImplementedError


def entries(options: Options, takes: Mapping[str, Sequence[str]]) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """The stages that are asked for, in their order; ``takes`` has the options that the host has, by stage."""
    for entry in options.chain:
        stage = entry["stage"]
        unknown = set(entry) - {"stage"} - set(takes.get(stage, ()))
        if stage not in takes or unknown:
            raise NotSupported
        yield stage, entry


def require_order(options: Options, order: Sequence[str]) -> None:
    """A host of one order is asked for no other."""
    places = [order.index(entry["stage"]) for entry in options.chain if entry["stage"] in order]
    if len(places) < len(options.chain) or places != sorted(places):
        raise NotSupported


def bias_of(entry: Mapping[Any, Any]) -> Dict[int, float]:
    return {int(token): float("-inf") if value in ("-inf", None) else float(value) for token, value in entry.items()}
