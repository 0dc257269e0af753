"""The outside judge of our NCALayer: the published client `ncalayer-js-client`, under node, over ws and wss."""

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from qoltanba_keyagent import tls
from tests import npm
from tests.keyagent import openssl, person
from tests.keyagent.authority import Authority
from tests.keyagent.conftest import Installed
from tests.keyagent.person import PASSWORD

HERE = Path(__file__).parent / "judge"
CONTENT = b"What the page wants signed"
DATA = base64.b64encode(CONTENT).decode()

# The client's own sets of these names ask for a time stamp.
ATTACHED = {"decode": True, "encapsulate": True, "digested": False}
DIGESTED = {"decode": True, "encapsulate": False, "digested": True}

pytestmark = pytest.mark.judge


@pytest.fixture(scope="session")
def judge() -> Path:
    """The client as its lock pins it."""
    assert shutil.which("node"), "nodejs is missing"
    folder = npm.installed(HERE)
    shutil.copy(HERE / "judge.js", folder)
    return folder / "judge.js"


class Client:
    """The published client in a node process."""

    def __init__(self, process: "subprocess.Popen[str]", installed: Installed) -> None:
        self._process = process
        self._installed = installed

    def ask(self, call: str, *args: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"call": call, "args": args}) + "\n")
        self._process.stdin.flush()

    def outcome(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))

    def call(self, call: str, *args: Any) -> Any:
        self.ask(call, *args)
        outcome = self.outcome()
        assert "error" not in outcome, outcome
        return outcome["result"]

    def unlocked(self, call: str, *args: Any) -> Any:
        """A call that the person answers: the site the first time, then the password."""
        self.ask(call, *args)
        asked = person.waiting_dialog(self._installed.agent)
        if asked.says("A site wants"):
            assert asked.says("https://client.example")
            asked.send(allow="yes")
        asked.send(do="use", password=PASSWORD)
        outcome = self.outcome()
        assert "error" not in outcome, outcome
        return outcome["result"]


@pytest.fixture(scope="module", params=["ws", "wss"])
def client(request: pytest.FixtureRequest, judge: Path, installed: Installed) -> Iterator[Client]:
    address = f"{request.param}://127.0.0.1:{installed.agent.port}"
    command = ["node", str(judge), address, str(tls.ca_file(installed.agent.folder))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        connected = Client(process, installed)
        assert connected.call("connect") == "1.4"
        yield connected
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def test_lists_devices_and_changes_the_language(client: Client) -> None:
    assert client.call("getActiveTokens") == []
    assert client.call("changeLocale", "kk") is None


def test_reads_the_key(client: Client, installed: Installed) -> None:
    told = client.unlocked("getKeyInfo", "!!fileStorageType")
    leaf = x509.load_der_x509_certificate(base64.b64decode(installed.chain[0]))
    assert x509.load_pem_x509_certificate(told["pem"].encode()) == leaf


def test_signs_with_the_older_module(client: Client, authority: Authority, tmp_path: Path) -> None:
    call = "createCAdESFromBase64"
    cms = base64.b64decode(client.unlocked(call, "!!fileStorageType", DATA, "SIGNATURE", True))
    assert openssl.verified(tmp_path, cms, authority) == CONTENT


def test_signs_a_digest(client: Client, authority: Authority, tmp_path: Path) -> None:
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    signed = client.unlocked("createCAdESFromBase64Hash", "!!fileStorageType", digest)
    assert openssl.verified(tmp_path, base64.b64decode(signed), authority, CONTENT) == CONTENT


@pytest.mark.parametrize("params", [ATTACHED, "!!basicsCMSParamsDetachedNoTSP", DIGESTED])
def test_signs_with_the_newer_module(
    client: Client, authority: Authority, tmp_path: Path, params: Any
) -> None:
    data = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode() if params is DIGESTED else DATA
    signed = client.unlocked(
        "basicsSignCMS", "!!basicsStoragePKCS12", data, params, "!!basicsSignerSignPerson"
    )
    content = None if params is ATTACHED else CONTENT
    assert openssl.verified(tmp_path, openssl.unwrapped(signed), authority, content) == CONTENT


def test_signs_several_at_once(client: Client, authority: Authority, tmp_path: Path) -> None:
    signed = client.unlocked("basicsSignCMS", "!!basicsStorageAll", [DATA] * 3, ATTACHED, "!!basicsSignerAny")
    assert [openssl.verified(tmp_path, openssl.unwrapped(one), authority) for one in signed] == [CONTENT] * 3


def test_signs_xml(client: Client) -> None:
    older = client.unlocked("signXml", "!!fileStorageType", "<tag>data</tag>")
    newer = client.unlocked(
        "basicsSignXML", "!!basicsStoragePKCS12", "<tag>data</tag>", "!!basicsXMLParams", "!!basicsSignerAny"
    )
    assert "<ds:SignatureValue>" in older
    assert ["<ds:SignatureValue>" in one for one in newer] == [True]


@pytest.mark.parametrize(
    ("call", "args"),
    [
        ("getKeyInfo", ["!!fileStorageType"]),
        ("basicsSignCMS", ["!!basicsStorageAll", DATA, "!!basicsCMSParams", "!!basicsSignerAny"]),
    ],
)
def test_a_cancelled_dialog_is_one_to_the_client(
    client: Client, installed: Installed, call: str, args: list[Any]
) -> None:
    client.ask(call, *args)
    person.waiting_dialog(installed.agent).send(do="cancel")
    outcome = client.outcome()
    assert outcome["canceled"] or "action.canceled" in outcome["error"]


@pytest.mark.parametrize(
    ("call", "args"),
    [
        ("createCMSSignatureFromBase64", ["!!fileStorageType", DATA, "SIGNATURE", True]),
        ("basicsSignCMS", ["!!basicsStorageAll", DATA, "!!basicsCMSParamsAttached", "!!basicsSignerAny"]),
        ("basicsSignCMS", ["!!basicsStorageAll", DATA, "!!basicsCMSParamsDetached", "!!basicsSignerAny"]),
    ],
)
def test_a_time_stamp_is_refused_with_a_reason(client: Client, call: str, args: list[Any]) -> None:
    """RFC 3161: a site that relies on one must not get a signature without."""
    client.ask(call, *args)
    assert "agent.no_time_stamp: There is no time-stamping service here" in client.outcome()["error"]


def test_keys_on_devices_are_refused_with_a_reason(client: Client) -> None:
    client.ask("basicsSignCMS", "!!basicsStorageHardware", DATA, "!!basicsCMSParams", "!!basicsSignerAny")
    assert "agent.storage_not_here" in client.outcome()["error"]
