"""Being woken by changes, also after the database was away."""

import time
from pathlib import Path

from data import engine as engines
from runtime.wake import Watcher

PATIENCE_SECONDS = 20.0


def test_the_watcher_outlives_a_database_that_is_away_for_a_while(tmp_path: Path) -> None:
    """Its folder is not there yet, as one on a disk that is mounted late; then changes by others are noticed."""
    folder = tmp_path / "late"
    url = f"sqlite:///{folder / 'test.sqlite'}"
    watched, another = engines.open_engine(url), engines.open_engine(url)
    watcher = Watcher(watched)
    watcher.start()
    time.sleep(0.2)
    folder.mkdir()
    with another.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE thing (number INTEGER)")
    deadline = time.monotonic() + PATIENCE_SECONDS
    seen = watcher.version
    while watcher.version == seen and time.monotonic() < deadline:
        with another.begin() as connection:
            connection.exec_driver_sql("INSERT INTO thing VALUES (1)")
        watcher.wait_for_change(seen, 0.2)
    noticed = watcher.version
    watcher.stop()
    watched.dispose()
    another.dispose()
    assert noticed != seen
