"""Drives the five steps of issuing for a batch: each step's changes are committed together, signing is between."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from ca_core import roles
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId
from ca_core.issuance import issue
from ca_core.x509 import build, lint
from ca_core.x509.lint import LintFailed
from data.work import Work
from runtime.service import Service

log = logging.getLogger(__name__)

JOB = roles.Actor("issuing", None, roles.Door.JOB)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    number: ApplicationId
    certificate: Certificate | None
    refusal: str = ""


class Issuing:
    """Holds the issuing key and the linter, both loaded once."""

    def __init__(self, service: Service, issuer: build.Issuer, *, linter: lint.Linter | None) -> None:
        self._service = service
        self._issuer = issuer
        self._linter = linter

    def batch(self, numbers: Sequence[ApplicationId]) -> list[Outcome]:
        """One outcome an application; what is refused does not stop the others. Safe to repeat."""
        outcomes: list[Outcome] = []
        orders = self._reserve(numbers, outcomes)
        rehearsed = self._rehearse(orders, outcomes)
        prepared = self._prepare(rehearsed)
        signed = self._sign(prepared, outcomes)
        return self._store(signed) + outcomes

    def _reserve(self, numbers: Sequence[ApplicationId], outcomes: list[Outcome]) -> list[issue.Order]:
        now = self._service.now()
        orders = []
        with self._service.work() as work:
            for number in numbers:
                try:
                    order = issue.reserve(work, actor=JOB, number=number, now=now)
                except Refusal as refusal:
                    outcomes.append(self._refused(work, number, refusal))
                    continue
                if order.certificate.issued_at is not None:
                    outcomes.append(Outcome(number, order.certificate))
                else:
                    orders.append(order)
        return orders

    def _rehearse(
        self, orders: Sequence[issue.Order], outcomes: list[Outcome]
    ) -> list[tuple[issue.Order, bytes]]:
        rehearsed = []
        for order in orders:
            try:
                content = issue.rehearse(order, issuer=self._issuer, linter=self._linter)
            except Refusal as refusal:
                outcomes.append(self._turned_down(order, refusal))
                continue
            rehearsed.append((order, content))
        return rehearsed

    def _prepare(self, rehearsed: Sequence[tuple[issue.Order, bytes]]) -> list[tuple[issue.Order, bytes]]:
        if not rehearsed:
            return []
        with self._service.work() as work:
            return [
                issue.prepare(work, actor=JOB, order=order, to_be_signed=content)
                for order, content in rehearsed
            ]

    def _sign(
        self, prepared: Sequence[tuple[issue.Order, bytes]], outcomes: list[Outcome]
    ) -> list[tuple[issue.Order, x509.Certificate]]:
        signed = []
        for order, content in prepared:
            try:
                certificate = issue.sign(order, issuer=self._issuer, to_be_signed=content)
            except Refusal as refusal:
                outcomes.append(self._turned_down(order, refusal))
                continue
            signed.append((order, certificate))
        return signed

    def _store(self, signed: Sequence[tuple[issue.Order, x509.Certificate]]) -> list[Outcome]:
        if not signed:
            return []
        now = self._service.now()
        stored = []
        with self._service.work() as work:
            for order, certificate in signed:
                number = ApplicationId.of(order.certificate.application_id)
                try:
                    done = issue.store(work, actor=JOB, order=order, signed=certificate, now=now)
                except Refusal as refusal:
                    stored.append(self._refused(work, number, refusal))
                    continue
                stored.append(Outcome(number, done))
        return stored

    def _turned_down(self, order: issue.Order, refusal: Refusal) -> Outcome:
        if isinstance(refusal, LintFailed):
            problems = ", ".join(finding.code for finding in refusal.findings)
            log.error("certificate failed the linter", extra={"problems": problems})
        with self._service.work() as work:
            return self._refused(work, ApplicationId.of(order.certificate.application_id), refusal)

    def _refused(self, work: Work, number: ApplicationId, refusal: Refusal) -> Outcome:
        """What cannot be issued ends: nothing waits for ever, and the owner is told."""
        log.warning("not issued", extra={"application": number.digits, "refusal": refusal.code})
        if work.applications.by_number(number) is not None:
            issue.give_up(work, actor=JOB, number=number, reason=refusal.code, now=self._service.now())
        return Outcome(number, None, refusal.code)
