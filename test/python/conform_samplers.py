"""Functions that a test of the command names."""

import plain_sampler

good = plain_sampler.sampler_with()
bad = plain_sampler.sampler_with("first temperature")
