"""A plain sampler over lists of floats. Each of its switches breaks it in one way in which a real engine has been
broken."""

import math

from logit_sampler.conform import NotSupported

TAKES = {
    "temperature": set(),
    "top_k": set(),
    "top_p": set(),
    "min_p": set(),
    "typical_p": set(),
    "epsilon_cutoff": set(),
    "top_n_sigma": set(),
    "repetition_penalty": {"penalty_scope", "penalty_last_n"},
    "presence_penalty": {"penalty_scope", "penalty_last_n"},
    "frequency_penalty": {"penalty_scope", "penalty_last_n"},
    "logit_bias": set(),
    "allowed_token_ids": set(),
    "bad_words_ids": set(),
    "no_repeat_ngram_size": set(),
    "min_tokens": {"stop_token_ids"},
}
FIRST = ["logit_bias", "repetition_penalty", "presence_penalty", "frequency_penalty"]


def sampler_with(broken=None):
    """A function (row, options, history); `broken` names the switch."""

    def sampler(row, options, history):
        chain = [dict(entry) for entry in options.chain]
        for entry in chain:
            stage = entry["stage"]
            if stage not in TAKES or set(entry) - {"stage", stage} - TAKES[stage]:
                raise NotSupported
        return Step(broken, list(history), options.prompt_length).run(row, chain)

    return sampler


def moved(chain, stage, first):
    own = [entry for entry in chain if entry["stage"] == stage]
    rest = [entry for entry in chain if entry["stage"] != stage]
    return own + rest if first else rest + own


class Step:
    def __init__(self, broken, history, prompt_length):
        self.broken = broken
        self.history = history
        self.prompt_length = prompt_length

    def run(self, row, chain):
        chain = self.ordered(chain)
        tokens = {i: x for i, x in enumerate(row) if x > -math.inf}
        for entry in chain:
            stage = entry["stage"]
            if self.broken == f"ignore {stage}":
                continue
            for _ in range(2 if self.broken == f"twice {stage}" else 1):
                tokens = getattr(self, stage)(tokens, entry) if tokens else tokens
        if self.broken == "greedy":
            best = max(tokens, key=lambda i: (tokens[i], -i))
            tokens = {best: tokens[best]}
        return self.probabilities(tokens)

    def ordered(self, chain):
        kind, _, stage = (self.broken or "").partition(" ")
        if self.broken == "no option":
            return []
        if kind in ("first", "last"):
            return moved(chain, stage, kind == "first")
        if kind == "swap":
            one, two = stage.split()
            places = [i for i, entry in enumerate(chain) if entry["stage"] in (one, two)]
            own = sorted((chain[i] for i in places), key=lambda entry: [one, two].index(entry["stage"]))
            for i, entry in zip(places, own):
                chain[i] = entry
        return chain

    @staticmethod
    def probabilities(tokens):
        best = max(tokens.values())
        weights = {i: math.exp(x - best) for i, x in tokens.items()}
        total = sum(weights.values())
        return {i: w / total for i, w in weights.items()}

    @staticmethod
    def ranked(tokens):
        return sorted(tokens, key=lambda i: (-tokens[i], i))

    @staticmethod
    def only(tokens, ids):
        kept = set(ids)
        return {i: x for i, x in tokens.items() if i in kept}

    def best(self, tokens):
        return self.only(tokens, self.ranked(tokens)[:1])

    def temperature(self, tokens, entry):
        t = entry["temperature"]
        if t == 0:
            return self.best(tokens)
        t = {"inverse temperature": 1 / t, "square temperature": t * t}.get(self.broken, t)
        return {i: x / t for i, x in tokens.items()}

    def top_k(self, tokens, entry):
        k = entry["top_k"] + {"more top_k": 1, "less top_k": -1}.get(self.broken, 0)
        if entry["top_k"] == 0 or k >= len(tokens):
            return tokens
        order = self.ranked(tokens)
        if self.broken == "keep top_k" and k > 0:
            return {i: x for i, x in tokens.items() if x >= tokens[order[k - 1]]}
        return self.only(tokens, order[: max(k, 1)])

    def top_p(self, tokens, entry):
        p = entry["top_p"]
        p = {"complement top_p": 1 - p, "percent top_p": p / 100, "square top_p": p * p}.get(self.broken, p)
        if entry["top_p"] == 1:
            return tokens
        of = self.probabilities(tokens)
        order = self.ranked(tokens)
        if self.broken == "highest top_p":
            order = sorted(tokens, key=lambda i: (-tokens[i], -i))
        kept, mass = [], 0.0
        for i in order:
            if kept and (mass > p + 1e-9 if self.broken == "inclusive top_p" else mass >= p - 1e-9):
                break
            if self.broken == "drop top_p" and kept and mass + of[i] > p:
                break
            kept.append(i)
            mass += of[i]
        if self.broken == "keep top_p":
            return {i: x for i, x in tokens.items() if x >= tokens[kept[-1]]}
        return self.only(tokens, kept)

    def min_p(self, tokens, entry):
        p = entry["min_p"]
        p = {"square min_p": p * p, "complement min_p": 1 - p, "percent min_p": p / 100}.get(self.broken, p)
        if p == 0:
            return tokens
        bound = max(tokens.values()) + math.log(p)
        if self.broken == "strict min_p":
            return {i: x for i, x in tokens.items() if x > bound + 1e-9} or self.best(tokens)
        return {i: x for i, x in tokens.items() if x >= bound - 1e-9}

    def epsilon_cutoff(self, tokens, entry):
        of = self.probabilities(tokens)
        e = entry["epsilon_cutoff"] / (10_000 if self.broken == "units epsilon_cutoff" else 1)
        slack = 1e-9 if self.broken != "strict epsilon_cutoff" else -1e-9
        kept = {i: x for i, x in tokens.items() if of[i] >= e - slack}
        best = max(tokens.values())
        return kept or {i: x for i, x in tokens.items() if x == best}

    def typical_p(self, tokens, entry):
        p = entry["typical_p"]
        if p == 1:
            return tokens
        if self.broken == "complement typical_p":
            p = 1 - p
        of = self.probabilities(tokens)
        entropy = -sum(q * math.log(q) for q in of.values() if q > 0)
        odd = {i: abs(-math.log(q) - entropy) if q > 0 else math.inf for i, q in of.items()}
        order = sorted(tokens, key=lambda i: (round(odd[i], 12), -tokens[i], i))
        kept, mass = [], 0.0
        for i in order:
            if kept and (mass > p + 1e-9 if self.broken == "inclusive typical_p" else mass >= p - 1e-9):
                break
            kept.append(i)
            mass += of[i]
        if self.broken == "keep typical_p":
            return {i: x for i, x in tokens.items() if odd[i] <= odd[kept[-1]] + 1e-12}
        return self.only(tokens, kept)

    def top_n_sigma(self, tokens, entry):
        n = entry["top_n_sigma"]
        if n <= 0:
            return tokens
        mean = sum(tokens.values()) / len(tokens)
        divisor = max(1, len(tokens) - 1) if self.broken == "divisor top_n_sigma" else len(tokens)
        sigma = math.sqrt(sum((x - mean) ** 2 for x in tokens.values()) / divisor)
        bound = max(tokens.values()) - n * sigma
        return {i: x for i, x in tokens.items() if x >= bound - 1e-9}

    def counts(self, entry, scope):
        scope = entry.get("penalty_scope", scope)
        last_n = entry.get("penalty_last_n", -1)
        if self.broken == f"scope {entry['stage']}":
            scope = {"history": "generated", "generated": "history"}[scope]
        if self.broken == "window":
            last_n = -1
        first = self.prompt_length if scope == "generated" else 0
        history = self.history
        if self.broken == "late history":
            history = history[:-1]
        elif self.broken == "only prompt":
            history, first = history[: self.prompt_length], min(first, self.prompt_length)
        if last_n >= 0:
            first = max(first, len(history) - last_n)
        counts = {}
        for i in history[first:]:
            counts[i] = counts.get(i, 0) + 1
        return counts

    def repetition_penalty(self, tokens, entry):
        r, broken = entry["repetition_penalty"], self.broken
        if broken == "inverse repetition":
            r = 1 / r
        changed = dict(tokens)
        for i, n in self.counts(entry, "history").items():
            if i not in tokens:
                continue
            x = tokens[i]
            if broken == "divide repetition":
                changed[i] = x / r
            elif broken == "multiply repetition":
                changed[i] = x * r
            elif broken == "subtract repetition":
                changed[i] = x - r
            else:
                f = r**n if broken == "count repetition" else r
                changed[i] = x / f if x > 0 else x * f
        return changed

    def presence_penalty(self, tokens, entry):
        q = entry["presence_penalty"] * (-1 if self.broken == "sign presence" else 1)
        counts = self.counts(entry, "generated")
        each = self.broken == "each presence"
        return {i: x - q * (counts.get(i, 0) if each else min(1, counts.get(i, 0))) for i, x in tokens.items()}

    def frequency_penalty(self, tokens, entry):
        q = entry["frequency_penalty"] * (-1 if self.broken == "sign frequency" else 1)
        counts = self.counts(entry, "generated")
        once = self.broken == "once frequency"
        return {i: x - q * (min(1, counts.get(i, 0)) if once else counts.get(i, 0)) for i, x in tokens.items()}

    def logit_bias(self, tokens, entry):
        bias = {int(i): -math.inf if b in ("-inf", None) else b for i, b in entry["logit_bias"].items()}
        sign = -1 if self.broken == "sign logit_bias" else 1
        changed = {i: x + (bias.get(i, 0) * (sign if bias.get(i, 0) > -math.inf else 1)) for i, x in tokens.items()}
        return {i: x for i, x in changed.items() if x > -math.inf}

    def allowed_token_ids(self, tokens, entry):
        return self.only(tokens, entry["allowed_token_ids"])

    def bad_words_ids(self, tokens, entry):
        banned = {word[-1] for word in entry["bad_words_ids"] if self.history[len(self.history) - len(word) + 1 :] == word[:-1] and len(word) - 1 <= len(self.history)}
        return {i: x for i, x in tokens.items() if i not in banned}

    def no_repeat_ngram_size(self, tokens, entry):
        n = entry["no_repeat_ngram_size"] + {"more ngram": 1, "less ngram": -1}.get(self.broken, 0)
        if entry["no_repeat_ngram_size"] == 0 or n < 1 or len(self.history) < n - 1:
            return tokens
        tail = self.history[len(self.history) - n + 1 :]
        banned = {self.history[i + n - 1] for i in range(len(self.history) - n + 1) if self.history[i : i + n - 1] == tail}
        return {i: x for i, x in tokens.items() if i not in banned}

    def min_tokens(self, tokens, entry):
        n = entry["min_tokens"] + {"more min_tokens": 1, "less min_tokens": -1}.get(self.broken, 0)
        if len(self.history) - self.prompt_length >= n:
            return tokens
        return {i: x for i, x in tokens.items() if i not in entry["stop_token_ids"]}


# : Each switch, with a part of the sentence that names it. Greedy, squared and "ran twice" have one sentence each.
MUTANTS = {
    "first temperature": "temperature came before",
    "last temperature": "came before temperature",
    "swap top_p top_k": "top_p came before top_k",
    "swap top_k top_p": "top_k came before top_p",
    "first min_p": "min_p came before",
    "last min_p": "came before min_p",
    "first top_k": "top_k came before",
    "last top_k": "came before top_k",
    "first top_p": "top_p came before",
    "last repetition_penalty": "came before repetition_penalty",
    "last presence_penalty": "came before presence_penalty",
    "last frequency_penalty": "came before frequency_penalty",
    "last logit_bias": "came before logit_bias",
    "first typical_p": "typical_p came before",
    "last typical_p": "came before typical_p",
    "first top_n_sigma": "top_n_sigma came before",
    "keep top_k": "ties of top_k were keep",
    "keep top_p": "top_p_ties of top_p were keep",
    "keep typical_p": "typical_p_ties",
    "inclusive top_p": "top_p_inclusive",
    "drop top_p": "top_p_crossing of top_p were drop",
    "inclusive typical_p": "typical_p_inclusive",
    "strict min_p": "bound of min_p went",
    "strict epsilon_cutoff": "bound of epsilon_cutoff went",
    "divisor top_n_sigma": "top_n_sigma_divisor",
    "more top_k": "top_k were one more",
    "less top_k": "top_k were one less",
    "more ngram": "no_repeat_ngram_size were one more",
    "less ngram": "no_repeat_ngram_size were one less",
    "more min_tokens": "min_tokens were one more",
    "less min_tokens": "min_tokens were one less",
    **{f"ignore {stage}": f"{stage} were ignored" for stage in TAKES},
    "twice repetition_penalty": "repetition_penalty ran twice",
    "twice temperature": "temperature ran twice",
    "twice presence_penalty": "presence_penalty ran twice",
    "inverse temperature": "temperature were 1 over",
    "complement top_p": "top_p were 1 minus",
    "square min_p": "min_p were squared",
    "percent min_p": "min_p were a percentage",
    "sign presence": "presence_penalty were of the other sign",
    "sign frequency": "frequency_penalty were of the other sign",
    "scope repetition_penalty": "penalty_scope of repetition_penalty",
    "scope presence_penalty": "penalty_scope of presence_penalty",
    "scope frequency_penalty": "penalty_scope of frequency_penalty",
    "window": "penalty_last_n were -1",
    "late history": "last token of the history did not count yet",
    "divide repetition": "divided negative scores too",
    "multiply repetition": "multiplied every score",
    "count repetition": "once for each time a token was seen",
    "subtract repetition": "were subtracted",
    "inverse repetition": "repetition_penalty were",
    "each presence": "presence_penalty counted each time",
    "once frequency": "frequency_penalty counted a token once",
    "sign logit_bias": "logit_bias were subtracted",
    "units epsilon_cutoff": "epsilon_cutoff were in units",
    "greedy": "as if it were greedy",
    "no option": "ignored",
}
