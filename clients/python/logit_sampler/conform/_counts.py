"""Judges the tokens that a sampler drew. A sampler that draws from its own generator has no other answer.

conformance/README.md derives the bounds. The runner in TypeScript computes the same bits (src/conform/counts.ts).
"""

import math
from typing import Any, Dict, Mapping, Optional, Union

#: Numbers of draws, or probabilities, by token id.
_ByToken = Mapping[int, Union[int, float]]

#: ln 10⁶: chance fails a right sampler in at most one case of a million.
_CHANCE = 13.815510557964274
#: ln 100: the test misses a fault in at most one run of a hundred.
_MISSED = 4.605170185988092
#: The total variation distance of the smallest fault that the test must find.
_FAULT = 0.1


def chance_of(tokens: int) -> float:
    """The largest G/2 that chance explains, for a distribution over this number of tokens."""
    freedom = max(0, tokens - 1)
    return freedom + math.sqrt(2 * freedom * _CHANCE) + _CHANCE


def draws_wanted(tokens: int) -> int:
    """The number of draws that finds a fault of total variation distance 0.1, for a distribution over this number of tokens."""
    root = math.sqrt(chance_of(tokens)) + math.sqrt(_MISSED)
    return math.ceil((root * root) / (2 * _FAULT * _FAULT))


def counts_in(counts: Mapping[str, Any]) -> Dict[int, int]:
    """The counts of an answer of the right form, ascending by id."""
    return dict(sorted((int(token), int(n)) for token, n in counts.items() if n > 0))


def unexplained_by(law: _ByToken, counts: _ByToken) -> Optional[str]:
    """The reason why chance does not explain the counts, in a sentence; None when it does."""
    draws = sum(counts.values())
    half_g = 0.0
    for token, n in counts.items():
        p = law.get(token, 0)
        if p == 0:
            return f"Token {token} has probability 0, and {n} of {draws} draws gave it."
        half_g += n * _ln(n / (draws * p))
    bound = chance_of(len(law))
    if half_g <= bound:
        return None
    return f"G/2 of {draws} draws is {math.ceil(half_g)}, and chance explains at most {math.floor(bound)}."


def merged_by(values: _ByToken, names: Mapping[int, int]) -> _ByToken:
    """The sums over groups of tokens that no rule tells apart, each under one id of its group."""
    sums: Dict[int, Union[int, float]] = {}
    for token, value in values.items():
        name = names.get(token, token)
        sums[name] = sums.get(name, 0) + value
    return dict(sorted(sums.items()))


_LN2_HIGH = 0.6931471803691238
_LN2_LOW = 1.9082149292705877e-10


def _ln(x: float) -> float:
    """ln x of a positive number, with the same bits as in TypeScript (src/kernels/float64.ts); those of math.log depend on the machine."""
    m, e = math.frexp(x)
    m, e = m * 2, e - 1
    if m > math.sqrt(2):
        m, e = m * 0.5, e + 1
    f = m - 1
    s = f / (2 + f)
    z = s * s
    q = 1 / 25
    for odd in range(23, 1, -2):
        q = q * z + 1 / odd
    return e * _LN2_HIGH + ((f - s * (f - 2 * z * q)) + e * _LN2_LOW)
