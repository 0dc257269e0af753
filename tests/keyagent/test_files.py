"""Files: never over another, whole or not at all, for their owner alone."""

from pathlib import Path

from qoltanba_keyagent import files


def test_a_new_file_takes_the_next_free_name(tmp_path: Path) -> None:
    wanted = tmp_path / "key.p12"
    written = [files.write_new(wanted, content) for content in (b"1", b"2", b"3")]
    assert [path.name for path in written] == ["key.p12", "key (2).p12", "key (3).p12"]
    assert [path.read_bytes() for path in written] == [b"1", b"2", b"3"]
    assert sorted(tmp_path.iterdir()) == sorted(written)


def test_a_dangling_link_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "key.p12").symlink_to(tmp_path / "elsewhere")
    assert files.write_new(tmp_path / "key.p12", b"1").name == "key (2).p12"
    assert not (tmp_path / "elsewhere").exists()


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    files.replace(tmp_path / "one", b"1")
    (tmp_path / "two").touch(mode=0o644)
    files.replace(tmp_path / "two", b"2")
    for path in (tmp_path / "one", tmp_path / "two", files.write_new(tmp_path / "three", b"3")):
        assert path.stat().st_mode & 0o777 == 0o600


def test_halves_of_a_killed_write_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".key [1].p12.0123456789ab").touch()
    (tmp_path / ".key.p12.0123456789ab").touch()
    files.clear_halves(tmp_path / "key [1].p12")
    assert [path.name for path in tmp_path.iterdir()] == [".key.p12.0123456789ab"]
