"""The closing line adds up what every part came to."""

from pathlib import Path

import pytest

from falin.runtime import tests as runner
from falin.runtime.cli import Arguments, make_parser
from falin.runtime.home import Home


def test_the_report_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(
        '<testsuites><testsuite tests="7" failures="2" errors="1" skipped="1"/>'
        '<testsuite tests="1" failures="0" errors="0" skipped="0"/></testsuites>'
    )
    assert runner.read_report(report) == runner.Tally(passed=4, failed=3, skipped=1)


def test_no_report_counts_nothing(tmp_path: Path) -> None:
    assert runner.read_report(tmp_path / "junit.xml") == runner.Tally()


@pytest.mark.parametrize(
    ("exit_code", "counts", "expected"),
    [
        (0, 'tests="3" failures="0" errors="0" skipped="0"', runner.Tally(passed=3)),
        (1, 'tests="3" failures="1" errors="0" skipped="0"', runner.Tally(passed=2, failed=1)),
        (3, 'tests="3" failures="0" errors="0" skipped="0"', runner.Tally(passed=3, failed=1)),
        (5, 'tests="0" failures="0" errors="0" skipped="0"', runner.Tally(failed=1)),
        (0, 'tests="2" failures="0" errors="0" skipped="2"', runner.Tally(failed=1, skipped=2)),
    ],
)
def test_an_exit_code_that_the_counts_do_not_explain_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int, counts: str, expected: runner.Tally
) -> None:
    class Done:
        returncode = exit_code

    def pretend(command: list[str], **_: object) -> Done:
        (tmp_path / "junit.xml").write_text(f"<testsuites><testsuite {counts}/></testsuites>")
        return Done()

    monkeypatch.setattr(runner.subprocess, "run", pretend)
    arguments = Arguments(fast=False, expression=None, paths=[])
    assert runner._pytest(arguments, checkout=tmp_path, environ={"FALIN_HOME": str(tmp_path)}) == expected


def test_fast_leaves_out_slow_tests_and_no_rule(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    assert runner.checks(home) == runner.checks(home)
    assert [name for name, _ in runner.checks(home)] == ["ruff check", "ruff format", "lint-imports", "mypy"]
    assert make_parser().parse_args(["test", "--fast"]).fast
