"""Where state lies, and that one place serves one instance."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from falin.runtime.home import Home, find_home, only_one
from falin.runtime.sentences import CannotStart


def test_the_given_home_comes_first() -> None:
    assert find_home({"FALIN_HOME": "/srv/x", "XDG_DATA_HOME": "/data"}).root == Path("/srv/x")
    assert find_home({"XDG_DATA_HOME": "/data"}).root == Path("/data/falin")
    assert find_home({"XDG_DATA_HOME": "not/absolute"}).root == Path("~/.local/share/falin").expanduser()


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CannotStart) as refused:
        Home(root=tmp_path / "home").require_space(2**62)
    assert "磁盘快满了" in refused.value.sentence
    assert "FALIN_HOME" in refused.value.way_out
    assert not (tmp_path / "home").exists()


def test_a_home_that_is_a_file_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(CannotStart, match="不能在"):
        Home(root=tmp_path / "home").prepare()


def test_a_second_instance_is_told_about_the_first(tmp_path: Path) -> None:
    with only_one(tmp_path / "running", what="demo http://127.0.0.1:8000/"):
        refused = pytest.raises(CannotStart, match=rf"pid {os.getpid()} demo http://127.0.0.1:8000/")
        with refused, only_one(tmp_path / "running"):
            pytest.fail("two at once")
    with only_one(tmp_path / "running"):
        assert (tmp_path / "running").read_text() == f"pid {os.getpid()}"


def test_a_killed_instance_leaves_the_place_free(tmp_path: Path) -> None:
    program = (
        "import os, signal; from pathlib import Path; from falin.runtime.home import only_one\n"
        f"with only_one(Path({str(tmp_path / 'running')!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    with only_one(tmp_path / "running"):
        pass
