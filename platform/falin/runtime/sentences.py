"""Place of what the command line says to a person: two languages, plain sentences, a way out.

Standard library only: the launcher uses it before anything is installed.
"""

import sys


class CannotStart(Exception):
    """Something outside the program keeps it from starting; carries a sentence and what to do about it."""

    def __init__(self, sentence: str, way_out: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.way_out = way_out

    def __str__(self) -> str:
        return f"{self.sentence}\n{self.way_out}".rstrip()


def both(chinese: str, english: str) -> str:
    """One sentence in both languages of the command line."""
    return f"{chinese}\n{english}"


def say(chinese: str, english: str = "") -> None:
    """One line of progress. Goes to standard error: standard output belongs to results (JSON, reports)."""
    line = f"{chinese} · {english}" if english else chinese
    print(line, file=sys.stderr, flush=True)


def complain(trouble: CannotStart) -> None:
    """Says why it does not start, and the way out."""
    print(f"\n{trouble.sentence}", file=sys.stderr)
    if trouble.way_out:
        indented = trouble.way_out.replace("\n", "\n    ")
        print(f"  → {indented}", file=sys.stderr, flush=True)
