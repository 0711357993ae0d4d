"""A vocabulary in the form that llguidance requires."""


class Vocabulary:
    """Splits text into the longest tokens. A token without text gets a name that occurs in no text."""

    def __init__(self, tokens, end_id):
        self.eos_token_id = end_id
        self.bos_token_id = None
        self.tokens = [b"\xff<%d>" % i if t is None else t for i, t in enumerate(tokens)]
        self.special_token_ids = [i for i, t in enumerate(tokens) if t is None]
        self.ids = {t: i for i, t in reversed(list(enumerate(self.tokens)))}
        self.length_max = max(map(len, self.tokens))

    def __call__(self, text):
        rest = text.encode() if isinstance(text, str) else bytes(text)
        found = []
        while rest:
            length = next(n for n in range(min(self.length_max, len(rest)), 0, -1) if rest[:n] in self.ids)
            found.append(self.ids[rest[:length]])
            rest = rest[length:]
        return found
