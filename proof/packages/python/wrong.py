"""Each line of this program has a mistake that mypy must find; the comment has the expected words."""

from logit_sampler import SamplerClient

client = SamplerClient("http://127.0.0.1:8080")
client.sample([1.0], temprature=1)  # Unexpected keyword argument "temprature"
client.sample([1.0], temperature="hot")  # expected "float"
client.sample([1.0], preset="vlm")  # expected "Literal[
client.sample([1.0], stop={"max_token": 3})  # Extra key "max_token"
client.sample([1.0], seed=1.5)  # expected "int | str"
client.sample("1.0")  # has incompatible type "str"
client.sample([1.0])["token_id"].upper()  # "int" has no attribute "upper"
client.sample([1.0])["tokn_id"]  # TypedDict "Sampled" has no key "tokn_id"
client.sample_batch([[1.0]], [{"sed": 1}])  # Extra key "sed"
client.stream(step_size=1)  # Unexpected keyword argument "step_size"
client.verify([[1.0]], [0], n=2)  # Unexpected keyword argument "n"
client.score([1.0], method="x")  # Unexpected keyword argument "method"
