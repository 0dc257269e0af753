"""A key is made here, its certificate installed, its password changed, a renewal signed (F1, steps 13 to 17)."""

import asyncio
import base64
import dataclasses
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, pkcs12

from ca_core.x509 import csr
from qoltanba_keyagent import keys, macs
from qoltanba_keyagent.asking import Surroundings
from qoltanba_keyagent.enrolment import Enrolment
from qoltanba_keyagent.folders import Folders
from qoltanba_keyagent.memory import Memory
from qoltanba_keyagent.refusals import AlgorithmMissing
from qoltanba_keyagent.waiting import KEPT_FOR, LIMIT, Shelf
from tests.keyagent import authority as authorities
from tests.keyagent import person
from tests.keyagent.authority import Authority
from tests.keyagent.conftest import Installed
from tests.keyagent.person import OWNER, PASSWORD, Agent, Site

NEW_PASSWORD = "Barys9kokpar"


@pytest.mark.judge
@pytest.mark.parametrize("algorithm", ["P-256", "RSA-2048"])
def test_the_request_is_one_that_our_authority_accepts(agent: Agent, site: Site, algorithm: str) -> None:
    body = person.request_key(agent, site, algorithm=algorithm)
    checked = csr.check(base64.b64decode(body["request"]))
    key = load_der_public_key(checked.public_key_der)
    assert isinstance(key, ec.EllipticCurvePublicKey if algorithm == "P-256" else rsa.RSAPublicKey)
    assert body["folder"] == "~/Documents"


def test_the_same_reference_gets_the_same_key_without_a_dialog(agent: Agent, site: Site) -> None:
    """A page that lost the answer asks again."""
    first = person.request_key(agent, site)
    with Site(agent) as later:
        again = later.enrol("createRequest", algorithm="P-256", reference="12345678903")
    assert again["body"]["keyId"] == first["keyId"]


def test_another_site_cannot_reach_a_waiting_key(agent: Agent, site: Site, authority: Authority) -> None:
    body = person.request_key(agent, site)
    with Site(agent, "https://evil.example") as evil:
        person.announced(agent, evil.enrol("withdrawRequest", keyId=body["keyId"])).send(allow="yes")
        assert evil.receive()["code"] == "agent.request_unknown"
        chain = authority.certify(body["request"])
        assert (
            evil.enrol("installCertificate", keyId=body["keyId"], chain=chain)["code"]
            == "agent.request_unknown"
        )


def test_two_tabs_on_one_step_make_one_key_and_one_file(
    agent: Agent, site: Site, authority: Authority
) -> None:
    with Site(agent) as other:
        first = person.announced(agent, site.enrol("createRequest", reference="1")).send(allow="yes")
        second = person.announced(agent, other.enrol("createRequest", reference="1"))
        first.send(do="choose", root="0", path="Documents")
        second.send(do="choose", root="0", path="")
        bodies = [site.receive()["body"], other.receive()["body"]]
        assert bodies[0] == bodies[1] | {"request": bodies[0]["request"]}

        chain = authority.certify(bodies[0]["request"])
        asked = [
            person.announced(agent, tab.enrol("installCertificate", keyId=bodies[0]["keyId"], chain=chain))
            for tab in (site, other)
        ]
        for dialog in asked:
            dialog.send(do="set", password=PASSWORD, again=PASSWORD)
        assert site.receive() == other.receive()
    assert len(list(agent.home.rglob("*.p12"))) == 1


@pytest.mark.parametrize("key_id", ["", "../secret", "0" * 32, "x" * 32, None, 7])
def test_an_unknown_key_is_refused(agent: Agent, site: Site, key_id: object) -> None:
    person.request_key(agent, site)
    assert site.enrol("installCertificate", keyId=key_id, chain=[])["status"] is False


@pytest.mark.judge
def test_openssl_opens_the_installed_file_and_verifies_its_chain(
    installed: Installed, authority: Authority, tmp_path: Path
) -> None:
    def openssl(*arguments: str) -> str:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    told = openssl("pkcs12", "-in", str(installed.file), "-passin", f"pass:{PASSWORD}", "-info", "-noout")
    assert "AES-256-CBC, Iteration 600000" in told
    assert "MAC: sha256, Iteration 600000" in told
    pem = openssl("pkcs12", "-in", str(installed.file), "-passin", f"pass:{PASSWORD}", "-noenc", "-clcerts")
    (tmp_path / "leaf.pem").write_text(pem)
    (tmp_path / "ca.pem").write_bytes(authorities.pem(authority.certificate))
    openssl("verify", "-CAfile", str(tmp_path / "ca.pem"), str(tmp_path / "leaf.pem"))


def test_the_installed_file_is_the_owners_alone_and_opens_with_the_password_only(
    installed: Installed,
) -> None:
    assert installed.file.stat().st_mode & 0o777 == 0o600
    content = installed.file.read_bytes()
    assert pkcs12.load_pkcs12(content, PASSWORD.encode()).cert is not None
    with pytest.raises(ValueError):
        pkcs12.load_pkcs12(content, b"Tulpar7arystam")


def test_installing_erases_the_waiting_key_and_answers_again_alike(
    agent: Agent, site: Site, authority: Authority
) -> None:
    body = person.request_key(agent, site)
    chain = authority.certify(body["request"])
    installed = person.install(agent, site, body["keyId"], chain)
    assert '"sealed_key": ""' in next((agent.folder / "waiting").glob("*.json")).read_text()
    assert site.enrol("installCertificate", keyId=body["keyId"], chain=chain)["body"] == installed
    assert len(list(agent.home.rglob("*.p12"))) == 1


def test_an_existing_file_is_never_overwritten(agent: Agent, site: Site, authority: Authority) -> None:
    body = person.request_key(agent, site)
    chain = authority.certify(body["request"])
    leaf = x509.load_der_x509_certificate(base64.b64decode(chain[0]))
    taken = agent.home / "Documents" / keys.suggested_name(leaf)
    taken.write_text("somebody's")
    file = person.install(agent, site, body["keyId"], chain)["file"]
    assert taken.read_text() == "somebody's"
    assert file == f"~/Documents/{taken.stem} (2).p12"


def test_a_certificate_that_does_not_fit_is_not_installed(
    agent: Agent, site: Site, authority: Authority
) -> None:
    body = person.request_key(agent, site)
    good = authority.certify(body["request"])
    stranger = Authority.make("ANOTHER CA")
    other_key = base64.b64encode(
        authorities.der(authority.issue(ec.generate_private_key(ec.SECP256R1()).public_key()))
    )
    expired = authority.certify(body["request"], since=timedelta(days=-20), lives=timedelta(days=10))
    leaf_as_issuer = [good[0], good[0]]
    for chain in (
        [other_key.decode(), good[1]],
        good[:1],
        [good[0], base64.b64encode(authorities.der(stranger.certificate)).decode()],
        expired,
        leaf_as_issuer,
    ):
        assert (
            site.enrol("installCertificate", keyId=body["keyId"], chain=chain)["code"] == "agent.chain_broken"
        )
    for garbage in ([], ["AAAA"], ["?"], "text", [good[0]] * 7):
        assert (
            site.enrol("installCertificate", keyId=body["keyId"], chain=garbage)["code"] == "agent.malformed"
        )
    assert person.install(agent, site, body["keyId"], good)["file"].endswith(".p12")


def test_the_dialog_refuses_passwords_by_r16(agent: Agent, site: Site, authority: Authority) -> None:
    body = person.request_key(agent, site)
    chain = authority.certify(body["request"])
    asked = person.announced(
        agent, site.enrol("installCertificate", keyId=body["keyId"], chain=chain, owner=OWNER)
    )
    assert asked.check("Aa12031987") == ["like_owner"]
    assert asked.check("xDocuments1") == ["like_name"]
    assert asked.check(PASSWORD) == []
    asked.send(do="set", password="Aa870312300454", again="Aa870312300454")
    assert asked.says("Your IIN, phone or birth date is in it")
    asked.send(do="set", password=PASSWORD, again="Tulpar7aristan")
    assert asked.says("The passwords differ")
    assert not list(agent.home.rglob("*.p12"))
    assert PASSWORD not in asked.page
    asked.send(do="set", password=PASSWORD, again=PASSWORD)
    assert asked.says("The certificate is installed")


def test_another_folder_is_asked_for_when_the_medium_is_gone(
    agent: Agent, site: Site, authority: Authority
) -> None:
    (agent.home / "stick").mkdir()
    body = person.request_key(agent, site, folder="stick")
    (agent.home / "stick").rmdir()
    chain = authority.certify(body["request"])
    asked = person.announced(
        agent, site.enrol("installCertificate", keyId=body["keyId"], chain=chain, owner=OWNER)
    )
    assert asked.says("The folder ~/stick is not here now")
    asked.send(do="choose", root="0", path="Documents")
    asked.send(do="set", password=PASSWORD, again=PASSWORD)
    assert site.receive()["body"]["file"].startswith("~/Documents/")


def test_the_password_is_changed_by_its_owner_in_place(
    agent: Agent, site: Site, authority: Authority
) -> None:
    """R15."""
    body = person.request_key(agent, site)
    shown = person.install(agent, site, body["keyId"], authority.certify(body["request"]))["file"]
    file = agent.home / shown.removeprefix("~/")
    asked = person.announced(agent, site.enrol("changePassword", owner=OWNER))
    asked.send(do="set", current="Wrong1password", password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert asked.says("the password is wrong")
    asked.send(do="set", current=PASSWORD, password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert asked.says("The password is changed")
    assert site.receive()["body"] == {"file": shown}
    assert keys.unseal(file.read_bytes(), password=NEW_PASSWORD).chain
    with pytest.raises(ValueError):
        pkcs12.load_pkcs12(file.read_bytes(), PASSWORD.encode())
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_full_disk_or_a_folder_that_left_loses_nothing(
    agent: Agent, site: Site, authority: Authority
) -> None:
    """Between the question and the answer: the site is told, the key waits on, and the next try installs it."""
    (agent.home / "stick").mkdir()
    body = person.request_key(agent, site, folder="stick")
    chain = authority.certify(body["request"])
    asked = person.announced(agent, site.enrol("installCertificate", keyId=body["keyId"], chain=chain))
    (agent.home / "stick").rmdir()
    asked.send(do="set", password=PASSWORD, again=PASSWORD)
    assert asked.says("cannot be opened or written to")
    assert site.receive()["code"] == "agent.folder_refused"
    (agent.home / "stick").mkdir()
    assert person.install(agent, site, body["keyId"], chain)["file"].startswith("~/stick/")


def test_a_password_is_not_changed_where_other_keys_would_be_lost(
    agent: Agent, site: Site, authority: Authority
) -> None:
    """Other programs keep several keys in one file; we would write the first one back alone."""
    body = person.request_key(agent, site)
    shown = person.install(agent, site, body["keyId"], authority.certify(body["request"]))["file"]
    file = agent.home / shown.removeprefix("~/")
    other = ec.generate_private_key(ec.SECP256R1())
    second = keys.KeyWithCertificate(other, authority.issue(other.public_key()))
    both = with_both(file.read_bytes(), keys.seal(second, password=PASSWORD))
    file.write_bytes(both)
    assert keys.unseal(both, password=PASSWORD).certificate is not None
    asked = person.announced(agent, site.enrol("changePassword"))
    asked.send(do="set", current=PASSWORD, password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert asked.says("There are several keys in this file")
    assert file.read_bytes() == both


@asn1.sequence
class Bags:
    certificates: asn1.TLV
    key: asn1.TLV


@asn1.sequence
class BagsOfTwo:
    certificates: asn1.TLV
    key: asn1.TLV
    more_certificates: asn1.TLV
    other_key: asn1.TLV


def with_both(one: bytes, other: bytes) -> bytes:
    """A PKCS#12 with the bags of two (RFC 7292, 4)."""
    first, second = (asn1.decode_der(macs._Pfx, content) for content in (one, other))
    mine, theirs = (asn1.decode_der(Bags, file.safe.content) for file in (first, second))
    bags = BagsOfTwo(
        certificates=mine.certificates,
        key=mine.key,
        more_certificates=theirs.certificates,
        other_key=theirs.key,
    )
    safe = dataclasses.replace(first.safe, content=asn1.encode_der(bags))
    both = asn1.encode_der(dataclasses.replace(first, safe=safe))
    return macs.slow_down(both, password=PASSWORD, rounds=keys.ROUNDS)


def test_a_password_like_the_certificates_owner_is_refused_whatever_the_site_says(
    agent: Agent, site: Site, authority: Authority
) -> None:
    """R16: the site may leave the owner out; the certificate does not."""
    body = person.request_key(agent, site)
    chain = authority.certify(body["request"])
    asked = person.announced(agent, site.enrol("installCertificate", keyId=body["keyId"], chain=chain))
    assert asked.check("Aa12.03.1987") == ["like_owner"]
    asked.send(do="set", password=PASSWORD, again=PASSWORD)
    assert site.receive()["status"] is True
    changing = person.announced(agent, site.enrol("changePassword"))
    changing.send(do="set", current=PASSWORD, password="Aa870312300454", again="Aa870312300454")
    assert changing.says("Your IIN, phone or birth date is in it")


@pytest.mark.parametrize("algorithm", ["GOST-2015-512", "ECGOST3410-2015-512", "P-384", "RSA-1024", ""])
def test_a_key_of_a_kind_that_cannot_be_made_is_refused_by_name(
    agent: Agent, site: Site, algorithm: str
) -> None:
    person.request_key(agent, site)
    answer = site.enrol("createRequest", algorithm=algorithm)
    assert answer["code"] == "agent.algorithm_missing"
    assert "no GOST" in answer["message"]


@pytest.mark.judge
def test_a_file_with_a_key_of_an_unknown_kind_says_so(tmp_path: Path) -> None:
    """A GOST key, here another curve that the library does not know."""
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:SM2 -nodes -subj /CN=x -keyout key -out crt -days 2"
    subprocess.run(make.split(), cwd=tmp_path, check=True, timeout=30, capture_output=True)
    export = f"openssl pkcs12 -export -inkey key -in crt -passout pass:{PASSWORD} -out file.p12"
    subprocess.run(export.split(), cwd=tmp_path, check=True, timeout=30, capture_output=True)
    with pytest.raises(AlgorithmMissing):
        keys.unseal((tmp_path / "file.p12").read_bytes(), password=PASSWORD)


def test_a_link_is_not_taken_for_the_key_file_that_it_leads_to(
    agent: Agent, site: Site, authority: Authority
) -> None:
    """R15: with a link changed for a file, the old password would go on opening the old one."""
    body = person.request_key(agent, site)
    shown = person.install(agent, site, body["keyId"], authority.certify(body["request"]))["file"]
    file = agent.home / shown.removeprefix("~/")
    (agent.home / "linked.p12").symlink_to(file)
    (agent.home / "away.p12").symlink_to(agent.folder.parent / "away.p12")
    (agent.folder.parent / "away.p12").write_bytes(file.read_bytes())
    asked = person.announced(agent, site.enrol("changePassword")).send(do="other")
    asked.send(do="choose", root="0", path="", file="away.p12")
    assert asked.says("There is no key with its certificate in this file")
    asked.send(do="choose", root="0", path="", file="linked.p12")
    asked.send(do="set", current=PASSWORD, password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert site.receive()["body"] == {"file": shown}
    assert keys.unseal(file.read_bytes(), password=NEW_PASSWORD).certificate is not None
    assert (agent.home / "linked.p12").is_symlink()


@pytest.mark.judge
def test_a_renewal_is_signed_with_the_certified_key(installed: Installed) -> None:
    """R8: the signature is the one that `issuance.renew` verifies, over the eleven digits."""
    leaf = x509.load_der_x509_certificate(base64.b64decode(installed.chain[0]))
    with Site(installed.agent) as site:
        first = site.enrol("signRenewal", number="1234-5678-903", serial=f"{leaf.serial_number:X}")
        person.announced(installed.agent, first).send(do="use", password=PASSWORD)
        signature = base64.b64decode(site.receive()["body"]["signature"])
    key = leaf.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, b"12345678903", ec.ECDSA(hashes.SHA256()))
    else:
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(signature, b"12345678903", padding.PKCS1v15(), hashes.SHA256())


def test_a_renewal_is_not_signed_with_another_key(installed: Installed) -> None:
    with Site(installed.agent) as site:
        first = site.enrol("signRenewal", number="12345678903", serial="0abc")
        asked = person.announced(installed.agent, first)
        asked.send(do="use", password=PASSWORD)
        assert asked.says("This file holds another certificate")
        asked.send(do="cancel")
        assert site.receive()["code"] == "agent.cancelled"


@pytest.mark.parametrize("number", ["", "123", "123456789012", None, "12345678x"])
def test_only_an_applications_number_is_signed(installed: Installed, number: object) -> None:
    with Site(installed.agent) as site:
        assert site.enrol("signRenewal", number=number, serial="01")["code"] == "agent.malformed"


def test_a_withdrawn_key_is_gone(agent: Agent, site: Site) -> None:
    body = person.request_key(agent, site)
    assert site.enrol("withdrawRequest", keyId=body["keyId"]) == {"status": True, "body": {}}
    assert list((agent.folder / "waiting").iterdir()) == []


def test_a_key_that_waited_for_thirty_days_is_erased(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    now = datetime.now(UTC)
    for age in (KEPT_FOR + timedelta(hours=1), KEPT_FOR - timedelta(hours=1)):
        shelf.put(
            keys.make("P-256"), origin="https://a.example", reference="", algorithm="P-256",
            folder=tmp_path, now=now - age,
        )  # fmt: skip
    assert shelf.sweep(now) == 1
    assert len(shelf.all()) == 1


def test_installed_keys_take_no_place_of_waiting_ones(tmp_path: Path) -> None:
    """At a counter more are installed in thirty days than can wait."""
    shelf = Shelf(tmp_path)
    now = datetime.now(UTC)
    for number in range(LIMIT):
        kept = shelf.put(
            keys.make("P-256"), origin="https://a.example", reference=str(number), algorithm="P-256",
            folder=tmp_path, now=now,
        )  # fmt: skip
        if number:
            shelf.installed(kept, tmp_path / "a.p12")
    assert not shelf.is_full()


def test_a_waiting_key_is_not_erased_while_it_is_installed(tmp_path: Path) -> None:
    """Nor swept: what looks like a crash's half may be the key itself on its way to its name."""
    enrolment = Enrolment(Shelf(tmp_path), Surroundings(Folders(tmp_path), Memory(tmp_path)))
    kept = enrolment.shelf.put(
        keys.make("P-256"), origin="https://a.example", reference="", algorithm="P-256", folder=tmp_path,
        now=datetime.now(UTC),
    )  # fmt: skip

    async def meanwhile() -> None:
        async with enrolment._turn:
            erasing = asyncio.create_task(enrolment.withdraw(kept.key_id))
            await asyncio.sleep(0.2)
            assert enrolment.shelf.all() == [kept]
        await erasing

    asyncio.run(meanwhile())
    assert enrolment.shelf.all() == []


def test_a_key_whose_secret_is_gone_is_made_anew(agent: Agent, site: Site) -> None:
    first = person.request_key(agent, site)
    agent.kill()
    (agent.folder / "secret").unlink()
    agent.start()
    with Site(agent) as later:
        assert person.request_key(agent, later)["keyId"] != first["keyId"]
