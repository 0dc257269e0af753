"""Connections, as the rooms above get them."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from data import engine as engines

NUMBER = "870312300019"


def test_an_error_of_the_database_names_no_parameter(tmp_path: Path) -> None:
    """It goes into the log, where no IIN and no phone may stand (R14)."""
    opened = engines.open_engine(f"sqlite:///{tmp_path / 'test.sqlite'}")
    table = sa.Table("person", sa.MetaData(), sa.Column("iin", sa.Text, primary_key=True))
    table.create(opened)
    with opened.begin() as connection:
        connection.execute(table.insert().values(iin=NUMBER))
    with pytest.raises(sa.exc.IntegrityError) as refused, opened.begin() as connection:
        connection.execute(table.insert().values(iin=NUMBER))
    opened.dispose()
    assert "person.iin" in str(refused.value)
    assert NUMBER not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://nobody@localhost/nowhere"])
def test_parameters_are_hidden_on_every_kind_of_database(url: str) -> None:
    assert engines.open_engine(url).hide_parameters
