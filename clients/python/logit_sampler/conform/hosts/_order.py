"""The common parts of adapters: the options that a host supports, and the order in which it runs its stages."""

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from .. import NotSupported, Options
from .._judge import Choice

#: The options of a stage that a host has; in the second form with the values that it has, None for any.
Takes = Mapping[str, Union[Sequence[str], Mapping[str, Optional[Sequence[Any]]]]]


class Host:
    """What every host has."""

    #: its name with its version
    version: str
    #: the rule of its lines in conformance/hosts: answers of other hosts are no rule for this one
    recorded_as: str
    # : differences that its own code or documentation explains
    choices: Sequence[Choice] = ()

    def sampler(self, row: Any, options: Options, history: List[int]) -> Any:
        """The distribution behind a chain; raises NotSupported for stages, options and orders that the host lacks."""
        raise NotImplementedError


def entries(options: Options, takes: Takes) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """The requested stages, in their order."""
    for entry in options.chain:
        stage = entry["stage"]
        if stage not in takes or not all(_has(takes[stage], name, entry[name]) for name in entry if name != "stage"):
            raise NotSupported
        yield stage, entry


def _has(own: Union[Sequence[str], Mapping[str, Optional[Sequence[Any]]]], name: str, value: Any) -> bool:
    if name not in own:
        return False
    values = own[name] if isinstance(own, Mapping) else None
    return values is None or value in values


def in_order(options: Options, order: Sequence[str], takes: Takes) -> Dict[str, Any]:
    """All options by name, for a host that runs its stages in one order."""
    require_order(options, order)
    return {name: value for _, entry in entries(options, takes) for name, value in entry.items() if name != "stage"}


def require_order(options: Options, order: Sequence[str]) -> None:
    """A host with one order runs no other order."""
    places = [order.index(entry["stage"]) for entry in options.chain if entry["stage"] in order]
    if len(places) < len(options.chain) or places != sorted(places):
        raise NotSupported


def bias_of(entry: Mapping[Any, Any]) -> Dict[int, float]:
    return {int(token): float("-inf") if value in ("-inf", None) else float(value) for token, value in entry.items()}
