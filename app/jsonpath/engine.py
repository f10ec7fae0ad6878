"""The bounds within which RE2 compiles a document's patterns, in rules and in JSONPaths alike."""

import re2

# Longer ones are hostile or a mistake.
MAX_CHARACTERS = 10_000
# What a compiled pattern and a search with it may take, in bytes; a larger one does not compile.
# RE2's default would let a document claim gigabytes.
MAX_MEMORY = 2**20


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = MAX_MEMORY
    return options


OPTIONS = _options()
