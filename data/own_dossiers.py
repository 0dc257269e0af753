"""Dossiers of those on their way, what they accepted, and who asked the BMG how often (F1)."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ca_core.certificate import Channel
from ca_core.dossier import Acceptance, AgreementKind, AgreementText, Camera, Company, Dossier
from ca_core.identifiers import ApplicationId, Iin
from ca_core.records import ChangedMeanwhile
from data.dossier_schema import acceptance, look_up
from data.dossier_schema import dossier as table


def _of_row(row: Row[Any]) -> Dossier:
    values = dict(row._mapping)
    return Dossier(
        **{
            **values,
            "token_digest": bytes(row.token_digest),
            "channel": Channel(row.channel),
            "camera": Camera(row.camera) if row.camera else None,
            "company": Company(row.company) if row.company else None,
            "iin": Iin.of(row.iin) if row.iin is not None else None,
            "number": ApplicationId.of(row.number) if row.number is not None else None,
        }
    )


def _to_row(dossier: Dossier) -> dict[str, object]:
    values: dict[str, object] = {item.name: getattr(dossier, item.name) for item in fields(dossier)}
    del values["dossier_id"]
    return values | {
        "channel": int(dossier.channel),
        "camera": dossier.camera.value if dossier.camera else None,
        "company": dossier.company.value if dossier.company else None,
        "iin": dossier.iin.number if dossier.iin else None,
        "number": dossier.number.number if dossier.number else None,
    }


class OwnDossiers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _list(self, *conditions: Any, order: Any = None, limit: int | None = None) -> list[Dossier]:
        query = select(table).where(*conditions).order_by(order).limit(limit)
        return [_of_row(row) for row in self._connection.execute(query)]

    def by_digest(self, token_digest: bytes) -> Dossier | None:
        return next(iter(self._list(table.c.token_digest == token_digest)), None)

    def by_number(self, number: ApplicationId) -> Dossier | None:
        return next(iter(self._list(table.c.number == number.number)), None)

    def of_iin(self, iin: Iin) -> list[Dossier]:
        return self._list(
            table.c.iin == iin.number, table.c.number.is_not(None), order=table.c.dossier_id.desc()
        )

    def add(self, dossier: Dossier) -> int:
        try:
            with self._connection.begin_nested():
                done = self._connection.execute(insert(table).values(_to_row(dossier)))
        except IntegrityError as error:
            raise ChangedMeanwhile from error
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # one row has one

    def save(self, dossier: Dossier, *, expected: Dossier) -> Dossier:
        written = replace(dossier, version=expected.version + 1)
        try:
            with self._connection.begin_nested():
                done = self._connection.execute(
                    update(table)
                    .where(table.c.dossier_id == expected.dossier_id, table.c.version == expected.version)
                    .values(_to_row(written))
                )
        except IntegrityError as error:
            raise ChangedMeanwhile from error
        if done.rowcount != 1:
            raise ChangedMeanwhile
        return written

    def erase(self, dossier: Dossier) -> None:
        done = self._connection.execute(
            delete(table).where(table.c.dossier_id == dossier.dossier_id, table.c.version == dossier.version)
        )
        if done.rowcount != 1:
            raise ChangedMeanwhile

    def untouched_since(self, instant: datetime, limit: int) -> list[Dossier]:
        return self._list(table.c.changed_at <= instant, order=table.c.changed_at, limit=limit)

    def accept(self, accepted: Acceptance) -> None:
        self._connection.execute(
            insert(acceptance).values(
                application_number=accepted.number.number,
                kind=accepted.text.kind.value,
                version=accepted.text.version,
                language=accepted.text.language,
                sha256=accepted.text.sha256,
                at=accepted.at,
            )
        )

    def acceptances(self, number: ApplicationId) -> Sequence[Acceptance]:
        query = (
            select(acceptance)
            .where(acceptance.c.application_number == number.number)
            .order_by(acceptance.c.acceptance_id)
        )
        return [
            Acceptance(
                number,
                AgreementText(AgreementKind(row.kind), row.version, row.language, bytes(row.sha256)),
                row.at,
            )
            for row in self._connection.execute(query)
        ]


class LookUps:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _count(self, *conditions: Any) -> int:
        return int(self._connection.scalar(select(func.count()).where(*conditions)) or 0)

    def add(self, *, subject: bytes, device: bytes, at: datetime) -> None:
        self._connection.execute(insert(look_up).values(subject=subject, device=device, at=at))

    def of_subject(self, subject: bytes, *, since: datetime) -> int:
        return self._count(look_up.c.subject == subject, look_up.c.at > since)

    def of_device(self, device: bytes, *, since: datetime) -> int:
        return self._count(look_up.c.device == device, look_up.c.at > since)

    def forget_before(self, instant: datetime) -> None:
        self._connection.execute(delete(look_up).where(look_up.c.at <= instant))
