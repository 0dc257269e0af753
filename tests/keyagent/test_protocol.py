"""NCALayer's two published modules over the WebSocket, and what the agent refuses."""

import base64
import hashlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from qoltanba_keyagent import keys, xml_signatures
from qoltanba_keyagent.refusals import XmlRefused
from tests.keyagent import authority as authorities
from tests.keyagent import openssl, person
from tests.keyagent.authority import Authority
from tests.keyagent.conftest import Installed
from tests.keyagent.person import PASSWORD, Agent, Site

COMMON = "kz.gov.pki.knca.commonUtils"
BASICS = "kz.gov.pki.knca.basics"
CONTENT = "Қол қойылатын мәтін\n".encode()
DATA = base64.b64encode(CONTENT).decode()


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """One for all: nothing here leaves anything behind."""
    with person.running(tmp_path_factory.mktemp("keyagent")) as running:
        yield running


def unlocked(installed: Installed, site: Site, method: str, args: Any, module: str = COMMON) -> Any:
    """A request that a person answers with the password."""
    site.send(module, method, args)
    asked = person.waiting_dialog(installed.agent)
    asked.send(do="use", password=PASSWORD)
    return site.receive()


def basics(data: Any, signing: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"allowedStorages": ["PKCS12"], "format": "cms", "data": data, "signingParams": signing}
    return given | {"signerParams": {"extKeyUsageOids": []}, "locale": "kk"} | more


def test_greets_with_its_version_first(site: Site) -> None:
    assert site.greeting == {"result": {"version": "1.4"}}


def test_lists_no_devices(site: Site) -> None:
    assert site.ask(COMMON, "getActiveTokens") == {"code": "200", "responseObject": []}


@pytest.mark.parametrize("language", ["ru", "kk", "kz", "en"])
def test_changes_its_language(site: Site, language: str) -> None:
    assert site.ask(COMMON, "changeLocale", [language]) == {"code": "200"}


@pytest.mark.judge
def test_key_info_is_what_the_certificate_says(installed: Installed) -> None:
    with Site(installed.agent) as site:
        told = unlocked(installed, site, "getKeyInfo", ["PKCS12"])["responseObject"]
    leaf = x509.load_der_x509_certificate(base64.b64decode(installed.chain[0]))
    assert x509.load_pem_x509_certificate(told["pem"].encode()) == leaf
    assert told["subjectCn"] == "ҮЛГІЕВ ДӘУЛЕТ"
    assert int(told["serialNumber"], 16) == leaf.serial_number
    assert int(told["certNotAfter"]) == int(leaf.not_valid_after_utc.timestamp()) * 1000


@pytest.mark.judge
@pytest.mark.parametrize("attach", [True, False])
def test_openssl_verifies_a_cms(
    installed: Installed, authority: Authority, tmp_path: Path, attach: bool
) -> None:
    method = "createCAdESFromBase64"
    with Site(installed.agent) as site:
        answer = unlocked(installed, site, method, ["PKCS12", "SIGNATURE", DATA, attach])
    cms = base64.b64decode(answer["responseObject"])
    assert openssl.verified(tmp_path, cms, authority, None if attach else CONTENT) == CONTENT


@pytest.mark.judge
def test_openssl_verifies_a_signed_digest(installed: Installed, authority: Authority, tmp_path: Path) -> None:
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    with Site(installed.agent) as site:
        answer = unlocked(installed, site, "createCAdESFromBase64Hash", ["PKCS12", "SIGNATURE", digest])
    cms = base64.b64decode(answer["responseObject"])
    assert openssl.verified(tmp_path, cms, authority, CONTENT) == CONTENT


@pytest.mark.judge
def test_openssl_refuses_the_signature_over_other_content(
    installed: Installed, authority: Authority, tmp_path: Path
) -> None:
    """Or the tests above would prove nothing."""
    with Site(installed.agent) as site:
        answer = unlocked(installed, site, "createCAdESFromBase64", ["PKCS12", "SIGNATURE", DATA, False])
    with pytest.raises(AssertionError):
        openssl.verified(tmp_path, base64.b64decode(answer["responseObject"]), authority, CONTENT + b"x")


@pytest.mark.judge
def test_the_newer_module_signs_one_and_many(
    installed: Installed, authority: Authority, tmp_path: Path
) -> None:
    attached = {"decode": True, "encapsulate": "true", "digested": False, "tsaProfile": None}
    with Site(installed.agent) as site:
        one = unlocked(installed, site, "sign", basics(DATA, attached), BASICS)
        two = unlocked(installed, site, "sign", basics([DATA, DATA], attached), BASICS)
    assert one["status"] is True
    assert openssl.verified(tmp_path, openssl.unwrapped(one["body"]["result"]), authority, None) == CONTENT
    assert [
        openssl.verified(tmp_path, openssl.unwrapped(cms), authority, None) for cms in two["body"]["result"]
    ] == [CONTENT] * 2


@pytest.mark.judge
def test_xmlsec_verifies_signed_documents(installed: Installed, authority: Authority, tmp_path: Path) -> None:
    document = "<order><item>кілем</item></order>"
    with Site(installed.agent) as site:
        one = unlocked(installed, site, "signXml", ["PKCS12", "SIGNATURE", document, "", ""])[
            "responseObject"
        ]
        many = unlocked(installed, site, "signXmls", ["PKCS12", "SIGNATURE", [document] * 2, "", ""])
        part = unlocked(installed, site, "signXml", ["PKCS12", "SIGNATURE", document, "//item", "/order"])
        newer = unlocked(installed, site, "sign", basics(document, {}, format="xml"), BASICS)["body"][
            "result"
        ]
    (tmp_path / "ca.pem").write_bytes(authorities.pem(authority.certificate))
    for number, signed in enumerate([one, *many["responseObject"], part["responseObject"], *newer]):
        file = tmp_path / f"{number}.xml"
        file.write_text(signed, encoding="utf-8")
        command = ["xmlsec1", "--verify", "--enabled-key-data", "x509", "--id-attr:Id", "item"]
        done = subprocess.run(
            [*command, "--trusted-pem", str(tmp_path / "ca.pem"), str(file)], capture_output=True, timeout=30
        )
        assert done.returncode == 0, (done.stderr, signed)


XML = "<order><item Id='a'>кілем</item></order>"


@pytest.mark.parametrize(
    ("document", "signed"),
    [
        (XML, "//*[count(//*[count(//*)>0])>0]"),
        (XML, "//*[//*[//*]]"),
        (XML, "document('/etc/passwd')"),
        (XML, "//item | //order"),
        (XML, "//text()"),
        (XML, "//item[@Id='a' or 1=1]"),
        (XML, "//nothing"),
        (XML, "/order/" + "/item" * 100),
        ("<o><item Id='x'>shown</item><item2 Id='x'>other</item2></o>", "//item"),
        ("<o><item2 ID='x'>other</item2><item Id='x'>shown</item></o>", "//item"),
        ("<o><item Id=''>shown</item></o>", "//item"),
    ],
)
def test_a_part_that_cannot_be_told_from_another_is_not_signed(document: str, signed: str) -> None:
    """What could keep the agent busy for ever, and what would let a reader take another part for the signed one."""
    with pytest.raises(XmlRefused):
        xml_signatures.sign(held(), document, signed=signed)


@pytest.mark.parametrize(
    "signed", ["//item", "/order/item", "//*[@Id='a']", "/order/*[1]", "item", "//item[@Id]", ".", "/order"]
)
def test_usual_paths_name_the_part_that_is_signed(signed: str) -> None:
    assert "SignatureValue" in xml_signatures.sign(held(), XML, signed=signed)


def test_a_place_that_the_document_claims_for_the_signature_is_refused() -> None:
    placed = '<o xmlns:d="http://www.w3.org/2000/09/xmldsig#"><d:Signature Id="placeholder"/><p/></o>'
    with pytest.raises(XmlRefused):
        xml_signatures.sign(held(), placed, under="//p")


def held() -> keys.KeyWithCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    return keys.KeyWithCertificate(key, Authority.make().issue(key.public_key()))


@pytest.mark.parametrize(
    ("module", "method", "args"),
    [
        (COMMON, "createCMSSignatureFromBase64", ["PKCS12", "SIGNATURE", DATA, False]),
        (BASICS, "sign", basics(DATA, {"tsaProfile": {}})),
        (BASICS, "sign", basics(DATA, {"tsaProfile": {"policy": "1.2.398.3.3.2.6.4"}, "digested": True})),
    ],
)
def test_a_time_stamp_is_refused_in_the_modules_own_shape(
    site: Site, module: str, method: str, args: Any
) -> None:
    """RFC 3161: who asked for one must not take a signature without for it."""
    answer = site.ask(module, method, args)
    assert (answer.get("code"), answer.get("status")) in (("500", None), ("INVOCATION_ERROR", False))
    assert "agent.no_time_stamp: There is no time-stamping service here" in str(answer)


def test_everything_that_is_signed_is_shown(installed: Installed) -> None:
    """Not the first document alone, and nothing that turns the direction of writing unseen."""
    texts = ["An offer", "A credit of 5 000 000 tenge", "from \u202egnp.exe"]
    data = [base64.b64encode(text.encode()).decode() for text in texts]
    with Site(installed.agent) as site:
        site.send(BASICS, "sign", basics(data, {"decode": True}))
        asked = person.waiting_dialog(installed.agent)
        assert asked.says("Documents: 3")
        assert all(asked.says(text) for text in texts[:2])
        assert all(asked.says(hashlib.sha256(text.encode()).hexdigest()) for text in texts)
        assert asked.says("from �gnp.exe")
        asked.send(do="cancel")
        site.receive()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (("қ" * 30_000).encode(), "Only the beginning is shown"),
        (b"\x00\xff\x01", "cannot be shown"),
        (b"", ""),
        (b"a\xd2", "cannot be shown"),
    ],
)
def test_what_cannot_be_shown_whole_says_so(installed: Installed, content: bytes, told: str) -> None:
    with Site(installed.agent) as site:
        site.send(BASICS, "sign", basics(base64.b64encode(content).decode(), {"decode": True}))
        asked = person.waiting_dialog(installed.agent)
        assert asked.says(told)
        assert asked.says("cannot be shown") == (told == "cannot be shown")
        asked.send(do="cancel")
        site.receive()


def test_a_digest_is_signed_with_a_warning(installed: Installed) -> None:
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    with Site(installed.agent) as site:
        site.send(COMMON, "createCAdESFromBase64Hash", ["PKCS12", "SIGNATURE", digest])
        asked = person.waiting_dialog(installed.agent)
        assert asked.says("it could be anything")
        asked.send(do="cancel")
        site.receive()


def test_cancelled_is_told_as_each_module_publishes_it(installed: Installed) -> None:
    with Site(installed.agent) as site:
        site.send(COMMON, "getKeyInfo", ["PKCS12"])
        person.waiting_dialog(installed.agent).send(do="cancel")
        assert site.receive() == {"code": "500", "message": "action.canceled"}
        site.send(BASICS, "sign", basics(DATA, {}))
        person.waiting_dialog(installed.agent).send(do="cancel")
        assert site.receive() == {"status": True, "body": {}}


def test_a_key_of_another_use_is_refused_in_the_dialog(installed: Installed) -> None:
    """The site gets no signature of an authentication key where it asked for a signing one, nor the reverse."""
    with Site(installed.agent) as site:
        site.send(COMMON, "createCAdESFromBase64", ["PKCS12", "AUTHENTICATION", DATA, False])
        asked = person.waiting_dialog(installed.agent)
        asked.send(do="use", password=PASSWORD)
        assert asked.says("cannot use this certificate")
        asked.send(do="cancel")
        assert site.receive()["message"] == "action.canceled"


def test_a_wrong_password_is_said_and_asked_again(installed: Installed) -> None:
    with Site(installed.agent) as site:
        site.send(COMMON, "getKeyInfo", ["PKCS12"])
        asked = person.waiting_dialog(installed.agent)
        asked.send(do="use", password="Tulpar8arystan")
        assert asked.says("the password is wrong")
        asked.send(do="use", password=PASSWORD)
        assert site.receive()["code"] == "200"


def test_the_person_sees_who_asks_what(installed: Installed) -> None:
    with Site(installed.agent) as site:
        site.send(COMMON, "createCAdESFromBase64", ["PKCS12", "SIGNATURE", DATA, True])
        asked = person.waiting_dialog(installed.agent)
        assert asked.says(person.SITE)
        assert asked.says("Қол қойылатын мәтін")
        assert asked.says(hashlib.sha256(CONTENT).hexdigest())
        asked.send(do="cancel")
        site.receive()


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("getKeyInfo", [None]),
        ("getKeyInfo", [1]),
        ("getKeyInfo", ["AKKaztokenStore"]),
        ("createCAdESFromBase64", ["PKCS12", [7, 7], DATA, False]),
        ("createCAdESFromBase64", ["PKCS12", "SIGNATURE", "not base64!", False]),
        ("createCAdESFromBase64Hash", ["PKCS12", "SIGNATURE", DATA]),
        ("signXml", ["PKCS12", "SIGNATURE", "<this>is not XML", "", ""]),
        (
            "signXml",
            [
                "PKCS12",
                "SIGNATURE",
                '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
                "",
                "",
            ],
        ),
        ("signXmls", ["PKCS12", "SIGNATURE", "<tag/>", "", ""]),
        ("signXmls", ["PKCS12", "SIGNATURE", [], "", ""]),
        ("changeLocale", [2]),
        ("browseKeyStore", []),
        ("getKeyInfo", None),
    ],
)
def test_bad_requests_are_refused_before_anybody_is_asked(site: Site, method: str, args: Any) -> None:
    answer = site.ask(COMMON, method, args)
    assert answer["code"] == "500"
    assert answer["message"].endswith(f"Method: {method}")
    assert "Traceback" not in str(answer)


@pytest.mark.parametrize(
    "args",
    [
        None,
        [],
        {},
        basics(DATA, 555),  # type: ignore[arg-type]
        basics(DATA, {}, format="pdf"),
        basics(DATA, {}, allowedStorages=["AKKaztokenStore"]),
        basics([], {}),
        basics({"a": 1}, {}),
        basics(DATA, {"decode": "perhaps"}),
        basics(DATA, {"decode": True, "digested": True}),
    ],
)
def test_the_newer_module_refuses_in_its_own_shape(site: Site, args: Any) -> None:
    answer = site.ask(BASICS, "sign", args)
    assert answer["status"] is False
    assert answer["code"] == "INVOCATION_ERROR"
    assert "agent." in answer["details"]


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "[" * 100_000, '{"module": 1, "method": {}}', '"x"'])
def test_what_is_no_request_is_refused_and_the_connection_lives(site: Site, text: str) -> None:
    site.send_raw(text)
    assert site.receive()["status"] is False
    assert site.ask(COMMON, "getActiveTokens")["code"] == "200"


def test_unknown_modules_are_refused_as_clients_expect(site: Site) -> None:
    """ncalayer-js-client asks each agent whether it is KAZTOKEN; any refusal means no."""
    answer = site.ask("kz.digiflow.mobile.extensions", "getVersion")
    assert (answer["status"], answer["code"]) == (False, "MODULE_NOT_FOUND")


def test_bytes_end_the_connection(site: Site) -> None:
    site.send_raw(b"\x00\x01")
    with pytest.raises(ConnectionClosed):
        site.receive()


@pytest.mark.parametrize(
    "origin", [None, "null", "file://", "chrome-extension://abc", "https://a.example/path"]
)
def test_who_is_no_page_may_not_ask(agent: Agent, origin: str | None) -> None:
    given = None if origin is None else Origin(origin)
    with pytest.raises(InvalidStatus, match="403"), connect(f"ws://127.0.0.1:{agent.port}/", origin=given):
        pass


@pytest.mark.parametrize(
    "host", ["evil.example:13579", "evil.example", "127.0.0.1", "127.0.0.1.evil.example:80"]
)
def test_a_foreign_host_is_refused(agent: Agent, host: str) -> None:
    """DNS rebinding: the page's own name points here, and its requests name it."""
    assert httpx.get(f"{agent.address}/", headers={"Host": host}).status_code == 421
    line = socket.create_connection(("127.0.0.1", agent.port))
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(f"ws://{host}/", sock=line, origin=Origin("https://portal.example")),
    ):
        pass


def test_no_answer_may_be_read_by_another_page(agent: Agent) -> None:
    for path in ("/", "/ready", "/static/agent.css", "/dialog/none"):
        headers = httpx.get(f"{agent.address}{path}", headers={"Origin": "https://evil.example"}).headers
        assert not [name for name in headers if name.startswith("access-control")]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
