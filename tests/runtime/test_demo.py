"""The demo's people and certificates: fictitious, made again at will, and within the rules of the core."""

import dataclasses
import hashlib
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from rich.console import Console
from sqlalchemy import func, select

from ca_core import statistics
from ca_core.certificate import Certificate, Channel, Kind, Status, StorageKind, status
from ca_core.face_attempt import Band
from ca_core.identifiers import Iin, Phone, Sex, fold_name
from ca_core.issuance import renew
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.roles import Actor, Door, Role
from ca_core.staff import actor, sign_in
from ca_core.x509 import csr, profiles
from data import certificates, migrate, review_schema, schema
from data.demo import Showcases
from runtime import authority, procedures, settings, start, wiring
from runtime.demo import accounts, greeting, keys, load, people
from runtime.demo.calendar import Calendar
from runtime.demo.lives import Life, Telling
from runtime.demo.records import Desk, Ledger
from runtime.service import Service
from runtime.settings import SettingRefused
from video import evidence

SEED = 20231
COUNT = 700


def yesterday(service: Service) -> date:
    return statistics.local_day(service.now()) - timedelta(days=1)


def silent(_what: str, _done: int, _total: int) -> None:
    """A load that nobody watches."""


def make_service(var: Path, **different: str) -> Service:
    configured = settings.load({"var_dir": str(var), **different})
    migrate.upgrade(wiring.open_database(configured))
    start.make_authority(configured, authority.Names(), "ec")
    return wiring.make_service(configured)


def close(service: Service) -> None:
    service.close()
    service.store.engine.dispose()


@dataclass(frozen=True)
class World:
    """A loaded demo, read once."""

    service: Service
    report: load.Report
    certificates: dict[int, Certificate]
    ders: dict[int, x509.Certificate]

    def of(self, kind: Kind) -> list[Certificate]:
        return [c for c in self.certificates.values() if c.facets.kind is kind]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    service = make_service(tmp_path_factory.mktemp("demo"), demo_seed=str(SEED))
    issuer = authority.issuer(service.settings)
    report = load.load(service, issuer=issuer, count=COUNT, seed=SEED, until=yesterday(service), watch=silent)
    with service.look() as work:
        rows = work.connection.execute(select(schema.certificate))
        records = {row.certificate_id: certificates.of_row(row) for row in rows}
        ders = {
            row.certificate_id: x509.load_der_x509_certificate(bytes(row.der))
            for row in work.connection.execute(select(schema.certificate_der))
        }
    yield World(service, report, records, ders)
    close(service)


def told(until: date, count: int = 400, seed: int = SEED) -> list[Life]:
    terms = procedures.load("article").certificates
    telling = Telling(seed, Calendar(until), terms)
    return [telling.life(one) for one in itertools.islice(people.citizens(seed, until=until), count)]


def test_people_have_valid_iins_and_phones_that_nobody_else_has() -> None:
    known = list(itertools.islice(people.citizens(SEED, until=date(2026, 11, 21)), 3000))
    assert all(Iin.parse(one.person.iin.digits).birth_date == one.person.born_on for one in known)
    assert all(Phone.parse(one.phone.digits) == one.phone for one in known)
    assert len({one.person.iin for one in known}) == len({one.phone for one in known}) == len(known)
    assert len({one.email for one in known if one.email}) == sum(bool(one.email) for one in known)


def test_names_fit_the_sex_and_have_a_latin_form() -> None:
    known = [one.person for one in itertools.islice(people.citizens(SEED, until=date(2026, 11, 21)), 2000)]
    endings = {Sex.MALE: ("ұлы", "вич", ""), Sex.FEMALE: ("қызы", "вна", "")}
    assert all(one.patronymic.endswith(endings[one.sex][:2]) or not one.patronymic for one in known)
    assert not any(one.surname.endswith(("ова", "ева", "ина")) for one in known if one.sex is Sex.MALE)
    assert all(one.surname_latin.isascii() and one.given_name_latin.isascii() for one in known)
    assert len({fold_name(one.surname) for one in known}) > 100


@pytest.mark.parametrize("until", [date(2026, 11, 21), date(2024, 2, 29), date(2126, 1, 1)])
def test_the_same_seed_tells_the_same_lives(until: date) -> None:
    assert told(until, 150) == told(until, 150)
    assert told(until, 150) != told(until, 150, seed=SEED + 1)


def test_the_same_seed_gives_the_same_serials_and_keys() -> None:
    """Only signatures differ between two loads: ECDSA draws a number of its own."""
    desk = Desk((actor_named("Officer One"), actor_named("Officer Two")))
    policy = procedures.load("article")
    lives = told(date(2026, 11, 21), 100)
    ledgers = [Ledger(seed=SEED, policy=policy, desk=desk).recorded(lives) for _ in range(2)]
    assert ledgers[0] == ledgers[1]
    number = ledgers[0][0].issuance.number
    assert keys.key_id(keys.derive(SEED, number)) == keys.key_id(keys.derive(SEED, number))
    assert keys.key_id(keys.derive(SEED, number)) != keys.key_id(keys.derive(SEED + 1, number))
    assert len({one.certificate.serial for one in ledgers[0]}) == len(ledgers[0])


def actor_named(name: str) -> Actor:
    return Actor(name, Role.RA_OFFICER, Door.CONSOLE, staff_id=1)


def test_nothing_happens_after_the_last_day() -> None:
    calendar = Calendar(date(2026, 11, 21))
    every = [one for life in told(calendar.until) for one in life.issuances]
    instants = [
        at
        for one in every
        for at in (one.issued_at, one.accepted_at, one.lost_at, one.revocation and one.revocation.at)
        if at is not None
    ]
    assert max(instants) <= calendar.end
    assert min(one.issued_at for one in every) >= calendar.end - timedelta(days=731)


def test_every_way_and_every_end_of_a_certificate_appears(world: World) -> None:
    assert world.report.certificates >= COUNT
    assert world.report.holders >= 0.55 * COUNT
    assert set(world.report.by_channel) == {channel.name for channel in Channel}
    assert set(world.report.by_storage) == {storage.name for storage in StorageKind}
    assert set(world.report.by_kind) == {kind.name for kind in Kind}
    assert set(world.report.by_state) == {"ISSUED", "ACCEPTED", "ON_HOLD", "REVOKED"}
    now = world.service.now()
    standing = {status(one, now) for one in world.certificates.values()}
    assert standing == {Status.VALID, Status.EXPIRED, Status.REVOKED, Status.ON_HOLD}
    live = [one for one in world.certificates.values() if status(one, now) is Status.VALID]
    assert any(one.lost_reported_at for one in live), "R9: lost keys are not revoked by themselves"


def test_certificates_are_real_and_say_what_their_rows_say(world: World) -> None:
    issuing = authority.certificates(world.service.settings).issuing
    for key, record in world.certificates.items():
        real = world.ders[key]
        real.verify_directly_issued_by(issuing)
        assert real.serial_number == record.serial.number
        assert (real.not_valid_before_utc, real.not_valid_after_utc) == (record.not_before, record.not_after)
        assert real.fingerprint(hashes.SHA256()) == record.fingerprint
        assert profiles.is_mobile_only(real) == record.mobile_only
        method = profiles.IdentificationMethod[record.facets.method.name].oid
        usage = real.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        assert method in list(usage.value)
        ski = real.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        assert ski.value.digest == record.key_id


def test_a_mobile_key_stays_in_the_phone_and_says_so(world: World) -> None:
    """R6, R7."""
    for one in world.certificates.values():
        assert one.mobile_only == (one.facets.storage is StorageKind.MOBILE_APP)
        assert (one.facets.channel is Channel.MOBILE) <= one.mobile_only
        assert (one.facets.channel is Channel.CLOUD) <= (one.facets.storage is StorageKind.CLOUD)


def test_a_renewal_has_the_old_key_and_one_more_year_and_comes_once(world: World) -> None:
    """R8."""
    renewals = world.of(Kind.RENEWAL)
    extended = [one.previous_id for one in renewals]
    assert renewals
    assert len(set(extended)) == len(extended)
    year = world.service.policy.certificates.validity
    for one in renewals:
        old = world.certificates[one.previous_id or 0]
        assert old.facets.kind is not Kind.RENEWAL
        assert one.key_id == old.key_id
        assert one.not_after == old.not_after + year
        assert one.not_before < old.not_after
        assert old.revoked_at is None or old.revoked_at > one.not_before


def test_a_reissue_has_a_key_of_its_own_and_names_what_it_replaces(world: World) -> None:
    """R11."""
    reissues = world.of(Kind.REISSUE)
    assert reissues
    for one in reissues:
        old = world.certificates[one.previous_id or 0]
        assert one.key_id != old.key_id
        assert one.subscriber_id == old.subscriber_id
        assert old.not_before < one.not_before
    old_ones = [world.certificates[one.previous_id or 0] for one in reissues]
    assert {bool(one.revoked_at) for one in old_ones if one.lost_reported_at} == {True, False}


def test_keys_are_shared_by_renewals_alone(world: World) -> None:
    firsts = [one.key_id for one in world.certificates.values() if one.facets.kind is not Kind.RENEWAL]
    assert len(set(firsts)) == len(firsts)


def test_lasting_holds_end_within_their_limit(world: World) -> None:
    """R10a."""
    held = [one for one in world.certificates.values() if one.state is CertificateState.ON_HOLD]
    now = world.service.now()
    assert len(held) >= 3
    for one in held:
        assert one.held_at is not None
        assert one.hold_until == one.held_at + world.service.policy.certificates.hold_at_most
        assert now < one.hold_until


def test_revoked_and_held_certificates_are_in_the_next_list(world: World) -> None:
    ended = (CertificateState.REVOKED, CertificateState.ON_HOLD)
    expected = {key for key, one in world.certificates.items() if one.state in ended}
    with world.service.look() as work:
        listed = set(work.connection.scalars(select(schema.crl_entry.c.certificate_id)))
    assert listed == expected


def test_figures_equal_a_recount(world: World) -> None:
    """R12: before the day began on which the demo was loaded, every figure follows from the raw rows."""
    end = statistics.end_of_day(yesterday(world.service))
    figures = statistics.recount(world.certificates.values(), at=end)
    day = schema.stat_day.c
    with world.service.look() as work:
        summed = dict(
            work.connection.execute(
                select(day.measure, func.sum(day.n))
                .where(day.day <= yesterday(world.service))
                .group_by(day.measure)
            ).all()  # type: ignore[arg-type]  # rows of two
        )
    measure = statistics.Measure
    assert summed[measure.ISSUED] == figures.issued
    assert summed[measure.DUE] == figures.expired
    assert summed[measure.REVOKED] == figures.revoked
    assert summed[measure.HELD] == figures.held
    assert summed[measure.LOST] == figures.reported_lost
    assert summed[measure.HOLDER_NEW] == figures.holders
    assert summed[measure.COVERED] == figures.holders_valid


def test_every_change_left_its_history_audit_and_messages(world: World) -> None:
    with world.service.look() as work:
        c = work.connection
        issued = c.scalar(select(func.count()).where(schema.certificate_event.c.event == "issued"))
        audited = c.scalar(select(func.count()).where(schema.audit.c.event == "certificate:revoke:done"))
        sent = c.scalar(select(func.count()).where(schema.outbox.c.state == "sent"))
        shown = work.demo_messages.latest(10)
    assert issued == world.report.certificates
    assert audited == world.report.by_state["REVOKED"]
    assert sent
    assert shown[0].at >= shown[-1].at
    assert any("/not-me/" in message.text for message in shown)


def test_history_speaks_the_words_of_the_operations(world: World) -> None:
    event = schema.certificate_event.c
    with world.service.look() as work:
        events = set(work.connection.scalars(select(event.event)))
        by_two = work.connection.execute(
            select(event.by, event.note).where(event.note.contains("asked by"))
        ).all()
    asked = {"renewal_opened", "reissue_requested"}
    assert events == {"issued", "accepted", "hold", "release_hold", "revoked"} | asked
    assert by_two, "R9, R10a: some acts need two officers"
    assert not any(note.endswith(f"asked by {by}") for by, note in by_two)


def test_every_application_has_its_person_and_queues_wait(world: World) -> None:
    with world.service.look() as work:
        c = work.connection
        states = dict(
            c.execute(
                select(schema.application.c.state, func.count()).group_by(schema.application.c.state)
            ).all()  # type: ignore[arg-type]  # rows of two
        )
        waiting = c.scalar(select(func.count()).select_from(review_schema.review))
        unknown = c.scalar(
            select(func.count()).where(schema.subscriber.c.iin.not_in(select(schema.person.c.iin)))
        )
        extra = c.scalar(select(func.count()).select_from(schema.person))
    assert states[int(ApplicationState.IN_REVIEW)] == waiting == 24
    assert states[int(ApplicationState.STARTED)] > 20
    assert unknown == 0
    assert extra == world.report.people > world.report.holders


def test_who_has_no_phone_came_to_a_counter(world: World) -> None:
    """R4: every other way in needs the BMG phone."""
    subscriber, bmg = schema.subscriber.c, schema.bmg.c
    with world.service.look() as work:
        without = set(
            work.connection.scalars(select(subscriber.subscriber_id).where(subscriber.phone.is_(None)))
        )
        registered = work.connection.scalar(
            select(func.count())
            .select_from(schema.subscriber)
            .where(subscriber.phone.is_(None), subscriber.iin.in_(select(bmg.iin)))
        )
    theirs = [one for one in world.certificates.values() if one.subscriber_id in without]
    assert theirs
    assert {one.facets.channel for one in theirs} == {Channel.COUNTER}
    assert registered == 0


def test_the_demo_has_the_key_of_every_certificate(world: World) -> None:
    for record in world.certificates.values():
        key = keys.key_for(world.service.settings, record)
        assert key is not None
        assert key.public_key() == world.ders[record.certificate_id].public_key()


def test_a_first_step_can_be_renewed_with_the_demo_key(world: World) -> None:
    """R8: what `run` proposes works."""
    service = world.service
    with service.look() as work:
        owner = Showcases(work.connection).renewable(service.now())
    assert owner is not None
    with service.work() as work:
        officer = work.accounts.by_login("officer1")
        found = work.certificates.of_subscriber(owner.subscriber_id)[0]
        assert officer is not None
        opened = renew.open_for_owner(work, actor=actor(officer), serial=found.serial, now=service.now())
    key = keys.key_for(service.settings, found)
    assert key is not None
    signature = key.sign(renew.statement(opened.number), ec.ECDSA(hashes.SHA256()))
    with service.work() as work:
        confirmed = renew.confirm(work, number=opened.number, signature=signature, now=service.now())
    assert confirmed.state is ApplicationState.SUBMITTED


def test_first_steps_show_each_case(world: World) -> None:
    steps = accounts.first_steps(world.service)
    assert len(steps) == 6
    assert len({step.holder.iin for step in steps}) >= 5


def test_a_key_made_on_the_demo_phone_is_found_again(world: World) -> None:
    made = keys.make(world.service.settings)
    assert csr.check(made.csr_pem.encode()).key_id == made.key_id
    record = dataclasses.replace(world.certificates[1], key_id=made.key_id)
    key = keys.key_for(world.service.settings, record)
    assert key is not None
    assert keys.key_id(key) == made.key_id


def test_an_unknown_key_is_not_invented(world: World) -> None:
    stranger = dataclasses.replace(world.certificates[1], key_id=b"\x01" * 20)
    assert keys.key_for(world.service.settings, stranger) is None


def test_every_role_can_sign_in(world: World) -> None:
    service = world.service
    ready = accounts.ensure(service)
    assert {account.role for account in ready} == set(Role)
    assert sum(account.role is Role.RA_OFFICER for account in ready) == 2
    now = service.now()
    for account in ready:
        with service.work() as work:
            signed_in = sign_in(
                work,
                login=account.login,
                password=account.password,
                code=account.code(now),
                hasher=service.passwords,
                now=now,
            )
        assert signed_in.account.role is account.role
    with service.look() as work:
        assert set(work.accounts.demo_logins()) == {account.login for account in ready}


def test_a_filled_database_is_not_filled_again(world: World) -> None:
    with pytest.raises(SettingRefused, match="empty database"):
        load.load(
            world.service,
            issuer=authority.issuer(world.service.settings),
            count=100,
            seed=SEED,
            until=yesterday(world.service),
            watch=silent,
        )


def test_an_interrupted_load_leaves_nothing(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    issuer = authority.issuer(service.settings)

    def pull_the_plug(what: str, done: int, _total: int) -> None:
        if what == "storing" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load.load(service, issuer=issuer, count=100, seed=SEED, until=yesterday(service), watch=pull_the_plug)
    with service.look() as work:
        assert Showcases(work.connection).is_empty()
        assert work.connection.scalar(select(func.count()).select_from(schema.person)) == 0
    report = load.load(service, issuer=issuer, count=100, seed=SEED, until=yesterday(service), watch=silent)
    assert report.certificates >= 100
    close(service)


def test_a_load_is_the_same_on_both_databases_and_goes_on(service: Service) -> None:
    """Keys that the loader gave are counted: the next subscriber gets a fresh one."""
    until = yesterday(service)
    issuer = authority.issuer(service.settings)
    report = load.load(service, issuer=issuer, count=120, seed=SEED, until=until, watch=silent)
    expected = told(until, report.holders)
    with service.work() as work:
        serials = work.connection.scalar(select(func.count()).select_from(schema.certificate))
        stranger = next(
            one
            for one in itertools.islice(people.citizens(SEED, until=until), 5000, None)
            if work.subscribers.by_iin(one.person.iin) is None
        )
        added = work.subscribers.add(stranger.person, phone=None, email="")
    assert serials == report.certificates == sum(len(life.issuances) for life in expected)
    assert added.subscriber_id > report.holders


def production(service: Service) -> Service:
    return Service(
        settings=dataclasses.replace(service.settings, mode="production"),
        store=service.store,
        policy=service.policy,
        passwords=service.passwords,
        watcher=service.watcher,
    )


def test_production_has_no_demo(world: World) -> None:
    """Keys that anybody can compute, published passwords, fictitious people: demo mode only."""
    refusing = production(world.service)
    until, issuer = yesterday(refusing), authority.issuer(world.service.settings)
    with pytest.raises(SettingRefused):
        load.load(refusing, issuer=issuer, count=100, seed=SEED, until=until, watch=silent)
    with pytest.raises(SettingRefused):
        accounts.ensure(refusing)
    with pytest.raises(SettingRefused):
        accounts.first_steps(refusing)
    with pytest.raises(SettingRefused):
        keys.make(refusing.settings)
    with pytest.raises(SettingRefused):
        keys.key_for(refusing.settings, world.certificates[1])


def test_passwords_and_codes_are_printed_whole(world: World) -> None:
    printed = io.StringIO()
    greeting.show(world.service, Console(file=printed, width=80))
    for account in accounts.ACCOUNTS:
        assert account.password in printed.getvalue()
        assert account.login in printed.getvalue()
    assert re.search(r"\b[0-9]{12}\b", printed.getvalue())


def test_the_demo_phone_keeps_messages_by_recipient(service: Service) -> None:
    now = service.now()
    with service.work() as work:
        work.demo_messages.add(medium="sms", recipient="77600000001", text="first", at=now)
        work.demo_messages.add(medium="email", recipient="a@mail.example", text="second", at=now)
        work.demo_messages.add(medium="sms", recipient="77600000001", text="third", at=now)
    with service.look() as work:
        texts = [message.text for message in work.demo_messages.of("77600000001")]
        latest = [message.text for message in work.demo_messages.latest(2)]
        recipients = [(one.recipient, one.messages) for one in work.demo_messages.recipients()]
    assert texts == ["third", "first"]
    assert latest == ["third", "second"]
    assert recipients == [("77600000001", 2), ("a@mail.example", 1)]


def test_every_photo_that_waits_can_be_opened_and_judged(world: World) -> None:
    """F3: a moderator has something to decide at once, some of it another person's face."""
    folder, secret = world.service.settings.evidence_dir, settings.evidence_secret(world.service.settings)
    with world.service.look() as work:
        waiting = work.reviews.claimable(now=world.service.now(), last_for=0, limit=99)
        attempts = [work.face_attempts.by_id(one.review.attempt_id) for one in waiting]
    assert len(waiting) == 24
    bands = set()
    for attempt in attempts:
        assert attempt is not None
        bands.add(attempt.band)
        for picture in (attempt.live, *attempt.frames):
            content = evidence.whole(folder / picture.name, secret)
            assert hashlib.sha256(content).digest() == picture.sha256
    assert bands == {Band.DOUBTFUL, Band.OTHER, Band.NOT_COMPARABLE}
