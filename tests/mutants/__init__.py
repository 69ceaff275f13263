"""Broken recording results by number, and a check that each is read or politely refused.

`mutant` makes the document with a number, `check` does with it what a user does. To run many of them::

    python -m tests.mutants --count 1000000 --jobs 2

To repeat one, and to see it::

    python -m tests.mutants --first 4711 --count 1
    python -m tests.mutants --show 4711

The same number gives the same bytes in every run, on every machine. A new sample in ``sample_results/`` takes
over its share of the numbers and leaves the others alone; a sample or a mutation that is edited does not.
"""

from tests.mutants.generate import mutant
from tests.mutants.promises import check

__all__ = ["check", "mutant"]
