"""Functions that the tests of the command name on the command line."""

import plain_sampler

good = plain_sampler.sampler_with()
bad = plain_sampler.sampler_with("first temperature")
