# mypy: ignore-errors
"""What adapters share: options that a host has, and the order in which it runs its stages."""

from .. import NotSupported


def entries(options, takes):
    """The stages that are asked for, in their order; ``takes`` has the options that the host has, by stage."""
    for entry in options.chain:
        stage = entry["stage"]
        unknown = set(entry) - {"stage"} - set(takes.get(stage, ()))
        if stage not in takes or unknown:
            raise NotSupported
        yield stage, entry


def require_order(options, order):
    """A host of one order is asked for no other."""
    places = [order.index(entry["stage"]) for entry in options.chain if entry["stage"] in order]
    if len(places) < len(options.chain) or places != sorted(places):
        raise NotSupported


def bias_of(entry):
    return {int(token): float("-inf") if value in ("-inf", None) else float(value) for token, value in entry.items()}
