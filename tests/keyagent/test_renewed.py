"""A renewed certificate takes the old one's place beside its key, under the same password (R8, R15)."""

import base64
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from qoltanba_keyagent import certificates, enrolment, keys
from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.pages import Opened
from qoltanba_keyagent.refusals import ChainBroken, SerialDiffers, WrongPassword
from tests.keyagent import authority as authorities
from tests.keyagent import person
from tests.keyagent.authority import Authority
from tests.keyagent.person import PASSWORD, Agent, Site
from tests.keyagent.test_enrolment import with_both
from tests.keyagent.test_kill import run

ROOT = Authority.make("ROOT")
ISSUING = Authority.make("ISSUING", under=ROOT)
LONGER = timedelta(days=700)
PUTTING = """
import base64, pathlib
from cryptography import x509
from qoltanba_keyagent import enrolment, keys, pages
keys.ROUNDS = 1000
path = pathlib.Path(sys.argv[2])
chain = tuple(x509.load_der_x509_certificate(base64.b64decode(one)) for one in sys.argv[3].split(","))
opened = pages.Opened(path, keys.unseal(path.read_bytes(), password=sys.argv[4]), sys.argv[4])
armed = True
enrolment._put_renewed(opened, chain)
"""
# The system itself ends the process when a file has this many bytes: half of one is written by then.
CUT_SHORT = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that this process makes, not those of the agent."""
    monkeypatch.setattr(keys, "ROUNDS", 1000)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    with person.running(tmp_path_factory.mktemp("keyagent")) as running:
        yield running


@pytest.fixture
def site(agent: Agent) -> Iterator[Site]:
    with Site(agent) as connected:
        yield connected


def a_key() -> KeyWithCertificate:
    key = keys.make("P-256")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return KeyWithCertificate(key, ISSUING.issue(key.public_key()), (ISSUING.certificate, ROOT.certificate))


def extended(held: KeyWithCertificate, by: Authority = ISSUING, lives: timedelta = LONGER) -> list[str]:
    """Another certificate of the same key."""
    return by.chain(by.issue(held.certificate.public_key(), lives=lives))  # type: ignore[arg-type]


def read(chain: list[str]) -> tuple[x509.Certificate, ...]:
    return certificates.read_chain(chain)


def kept(folder: Path, held: KeyWithCertificate, name: bytes | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "my.p12"
    file.write_bytes(keys.seal(held, password=PASSWORD, name=name))
    return file


def opened(file: Path, password: str = PASSWORD) -> Opened:
    return Opened(file, keys.unseal(file.read_bytes(), password=password), password)


def name_in(file: Path) -> bytes | None:
    found = pkcs12.load_pkcs12(file.read_bytes(), PASSWORD.encode()).cert
    assert found is not None
    return found.friendly_name


def put(agent: Agent, site: Site, chain: list[str]) -> str:
    """By a person who allows the site and chooses the one file that lies in Documents."""
    asked = person.announced(agent, site.enrol("installRenewed", chain=chain))
    if asked.says("A site wants"):
        asked.send(allow="yes")
    if asked.says("Choose the key"):
        asked.send(root="0", path="Documents", file="my.p12")
    assert asked.says("Put the renewed certificate into the key&#39;s file"), asked.page
    asked.send(do="use", password=PASSWORD)
    assert asked.says("The certificate is installed"), asked.page
    return str(site.receive()["body"]["file"])


@pytest.mark.judge
def test_the_renewed_certificate_takes_the_old_ones_place(agent: Agent, site: Site) -> None:
    """The same key under the same password, nothing beside it; said again, it changes nothing."""
    held = a_key()
    file = kept(agent.home / "Documents", held)
    chain = extended(held)
    assert put(agent, site, chain) == "~/Documents/my.p12"
    content = file.read_bytes()
    assert put(agent, site, chain) == "~/Documents/my.p12"
    assert file.read_bytes() == content
    told = subprocess.run(
        ["openssl", "pkcs12", "-in", str(file), "-passin", f"pass:{PASSWORD}", "-noenc"],
        capture_output=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    found = x509.load_pem_x509_certificates(told)
    assert [base64.b64encode(authorities.der(one)).decode() for one in found] == chain
    assert keys.public_der(opened(file).held.key) == keys.public_der(held.key)
    assert name_in(file) == f"{found[0].serial_number:x}".encode()
    assert [path.name for path in file.parent.iterdir()] == ["my.p12"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_another_keys_file_is_said_so_in_the_dialog(agent: Agent, site: Site) -> None:
    held = a_key()
    file = kept(agent.home / "Documents", a_key())
    content = file.read_bytes()
    asked = person.announced(agent, site.enrol("installRenewed", chain=extended(held)))
    asked.send(do="use", password=PASSWORD)
    assert asked.says("This file holds another certificate")
    file.write_bytes(with_both(keys.seal(held, password=PASSWORD), content))
    asked.send(do="use", password=PASSWORD)
    assert asked.says("There are several keys in this file")
    asked.send(do="cancel")
    assert site.receive()["code"] == "agent.cancelled"


def test_a_chain_that_is_none_opens_no_dialog(agent: Agent, site: Site) -> None:
    """No file that the person may choose would mend it."""
    held = a_key()
    broken = [extended(held)[0], *ROOT.chain(ROOT.certificate)[:1]]
    over = extended(held, lives=timedelta(minutes=5))
    for chain in (broken, over, extended(held)[:1]):
        assert site.enrol("installRenewed", chain=chain)["code"] == "agent.chain_broken"
    assert site.enrol("installRenewed", chain=[])["code"] == "agent.malformed"


def test_the_name_that_the_owner_gave_it_is_kept(tmp_path: Path) -> None:
    held = a_key()
    file = kept(tmp_path, held, name="Қолтаңбам".encode())
    enrolment._put_renewed(opened(file), read(extended(held)))
    assert name_in(file) == "Қолтаңбам".encode()


def test_the_issuing_authority_may_be_another_under_the_same_root() -> None:
    held = a_key()
    later = Authority.make("ISSUING 2", under=ROOT)
    certificates.require_renewed(held, read(extended(held, later)), now=datetime.now(UTC))


@pytest.mark.parametrize("which", ["another_key", "another_authority", "shorter"])
def test_what_does_not_renew_this_key_is_refused(tmp_path: Path, which: str) -> None:
    """A site that the owner allowed cannot put a certificate of its own making beside the key."""
    held = a_key()
    file = kept(tmp_path, held)
    content = file.read_bytes()
    chain = {
        "another_key": extended(a_key()),
        "another_authority": extended(held, Authority.make("ISSUING", under=Authority.make("ROOT"))),
        "shorter": extended(held, lives=timedelta(days=300)),
    }[which]
    with pytest.raises(SerialDiffers if which == "another_key" else ChainBroken):
        enrolment._put_renewed(opened(file), read(chain))
    assert file.read_bytes() == content


def test_another_persons_certificate_for_the_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    held = a_key()
    monkeypatch.setattr(authorities, "IIN", "900101300012")
    with pytest.raises(ChainBroken) as refused:
        certificates.require_renewed(held, read(extended(held)), now=datetime.now(UTC))
    assert refused.value.facts == {"detail": "another_owner"}


def test_a_password_that_changed_meanwhile_is_not_set_back(tmp_path: Path) -> None:
    """Another tab may have written the file between the dialog and the turn."""
    held = a_key()
    file = kept(tmp_path, held)
    before = opened(file)
    file.write_bytes(keys.seal(held, password="Barys9kokpar"))
    content = file.read_bytes()
    with pytest.raises(WrongPassword):
        enrolment._put_renewed(before, read(extended(held)))
    assert file.read_bytes() == content


def test_killed_in_the_middle_of_writing_the_old_file_is_whole(tmp_path: Path) -> None:
    held = a_key()
    chain = extended(held)
    file = kept(tmp_path, held)
    content = file.read_bytes()
    assert run(CUT_SHORT + PUTTING, "0", str(file), ",".join(chain), PASSWORD) == -signal.SIGXFSZ
    assert file.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 2
    assert run(PUTTING, "0", str(file), ",".join(chain), PASSWORD) == 0
    assert list(tmp_path.iterdir()) == [file]
    assert opened(file).held.certificate == read(chain)[0]


@pytest.mark.slow
def test_killed_at_each_write_the_old_file_stays_until_the_new_one_stands(tmp_path: Path) -> None:
    held = a_key()
    chain = extended(held)
    serials = {certificate.serial_number for certificate in (held.certificate, read(chain)[0])}
    deaths = []
    for step in range(1, 20):
        file = kept(tmp_path / str(step), held)
        if run(PUTTING, str(step), str(file), ",".join(chain), PASSWORD) == 0:
            assert opened(file).held.certificate == read(chain)[0]
            break
        found = opened(file).held
        assert keys.public_der(found.key) == keys.public_der(held.key)
        deaths.append(found.certificate.serial_number)
        assert run(PUTTING, "0", str(file), ",".join(chain), PASSWORD) == 0
        assert opened(file).held.certificate == read(chain)[0]
        assert list(file.parent.iterdir()) == [file]
    assert set(deaths) <= serials
    assert held.certificate.serial_number in deaths
