"""Prints how real libraries decode each token id: a line for each, with its bytes and its text, as hexadecimal digits.

token_bytes.py tokenizer.json FILE        llguidance's bytes, and the text that Hugging Face's tokenizers decode
token_bytes.py gguf FILE OUT PRE          writes the tokenizer.json FILE as GGUF, and prints llama.cpp's pieces

A special token has "-" in place of bytes, and its name as text.
"""

import json
import re
import sys

BYTE = re.compile(r"^<0x[0-9A-F]{2}>$")
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE_TYPE = 1, 2, 3, 4, 6


def tell(token_bytes, text):
    print("-" if token_bytes is None else token_bytes.hex(), text.encode("utf-8", "surrogatepass").hex())


def of_tokenizer(path):
    import llguidance
    import tokenizers

    source = open(path, encoding="utf-8").read()
    special = {each["id"]: each["content"] for each in json.loads(source)["added_tokens"] if each["special"]}
    # The tokenizer's name for the byte FF, which llguidance reserves.
    name_of_ff = "<0xFF>" if json.loads(source)["model"].get("byte_fallback") is True else "ÿ"
    engine = llguidance.LLTokenizer(source)
    library = tokenizers.Tokenizer.from_str(source)
    # Decoders remove a blank at the beginning of a text, so each token is decoded after another token.
    anchor = library.token_to_id("a")
    before = library.decode([anchor])
    for token_id in range(library.get_vocab_size()):
        if token_id in special:
            tell(None, special[token_id])
            continue
        text = library.decode([anchor, token_id], skip_special_tokens=False)
        is_ff = library.id_to_token(token_id) == name_of_ff
        tell(b"\xff" if is_ff else engine.decode_bytes([token_id]), text[len(before) :])


def of_gguf(path, out, pre):
    import ctypes

    import gguf
    import llama_cpp

    file = json.load(open(path, encoding="utf-8"))
    model = file["model"]
    vocab = dict(model["vocab"])
    special, added = {}, set()
    for each in file["added_tokens"]:
        # convert_hf_to_gguf.py writes blanks in added tokens
        content = each["content"].replace("▁", " ")
        if content != each["content"]:
            del vocab[each["content"]]
        vocab[content] = each["id"]
        if each["special"]:
            special[each["id"]] = content
        else:
            added.add(each["id"])
    tokens = [token for token, _ in sorted(vocab.items(), key=lambda entry: entry[1])]
    is_spelt_in_bytes = model.get("byte_fallback") is not True

    def type_of(token_id, token):
        if token_id in special:
            return UNKNOWN if token == "<unk>" else CONTROL
        if token_id in added:
            return USER_DEFINED
        return BYTE_TYPE if not is_spelt_in_bytes and BYTE.match(token) else NORMAL

    writer = gguf.GGUFWriter(out, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(64)
    writer.add_block_count(1)
    writer.add_feed_forward_length(64)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(64)
    writer.add_tokenizer_model("gpt2" if is_spelt_in_bytes else "llama")
    writer.add_token_list(tokens)
    writer.add_token_types([type_of(token_id, token) for token_id, token in enumerate(tokens)])
    if is_spelt_in_bytes:
        writer.add_tokenizer_pre(pre)
        merges = model["merges"]
        writer.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in merges])
    else:
        writer.add_token_scores([-float(token_id) for token_id in range(len(tokens))])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    loaded = llama_cpp.llama_model_load_from_file(out.encode(), params)
    known = llama_cpp.llama_model_get_vocab(loaded)
    buffer = ctypes.create_string_buffer(4096)
    for token_id in range(llama_cpp.llama_vocab_n_tokens(known)):
        length = llama_cpp.llama_token_to_piece(known, token_id, buffer, 4096, 0, True)
        piece = buffer.raw[: max(length, 0)]
        if token_id in special:
            tell(None, special[token_id])
        else:
            tell(piece, piece.decode("utf-8", "replace"))


{"tokenizer.json": of_tokenizer, "gguf": of_gguf}[sys.argv[1]](*sys.argv[2:])
