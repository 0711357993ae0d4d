"""One sampling step as a Python team would write it with numpy: top-k, temperature, top-p, min-p, draw."""

import numpy


def answer(row: numpy.ndarray, options: dict) -> dict:
    token_ids, probabilities = survivors(
        row,
        temperature=float(options.get("temperature", 1)),
        top_k=int(options.get("top_k", 0)) or row.size,
        top_p=float(options.get("top_p", 1)),
        min_p=float(options.get("min_p", 0)),
    )
    key = [int(options.get("seed", 0)), int(options.get("step", 0))]
    uniform = numpy.random.Generator(numpy.random.Philox(key=key)).random()
    cumulated = numpy.cumsum(probabilities)
    drawn = numpy.searchsorted(cumulated, uniform * cumulated[-1], side="right")
    reply = {"token_id": int(token_ids[drawn]), "kept": token_ids.size}
    if str(options.get("kept_token_ids", "")).lower() == "true":
        reply["kept_token_ids"] = sorted(token_ids.tolist())
    return reply


def survivors(row: numpy.ndarray, temperature: float, top_k: int, top_p: float, min_p: float):
    """The ids that remain, most likely first, and their probabilities, which do not add up to 1 after the cuts.

    np.partition and a comparison take three quarters of the time that np.argpartition takes.
    """
    token_ids = numpy.arange(row.size)
    if top_k < row.size:
        threshold = numpy.partition(row, row.size - top_k)[row.size - top_k]
        token_ids = numpy.flatnonzero(row >= threshold)
    order = numpy.lexsort((token_ids, -row[token_ids]))[:top_k]
    token_ids = token_ids[order]
    scores = row[token_ids].astype(numpy.float64) / temperature
    weights = numpy.exp(scores - scores[0])
    probabilities = weights / weights.sum()
    mass_before = numpy.cumsum(probabilities) - probabilities
    keep = (mass_before < top_p) & (probabilities >= min_p * probabilities[0])
    keep[0] = True
    return token_ids[keep], probabilities[keep]
