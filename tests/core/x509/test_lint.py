"""pkilint on everything that we sign: no error anywhere, no warning that is not explained."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as oracle

from ca_core.x509 import build, crl, lint, ocsp, profiles
from ca_core.x509.keys import KeyKind
from ca_core.x509.lint import Finding, Severity
from ca_core.x509.profiles import IdentificationMethod
from tests.core.x509 import authorities

pytestmark = pytest.mark.judge

NOW = authorities.NOW


def serious(findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.severity <= Severity.WARNING and f.code not in lint.ALLOWED]


@pytest.mark.parametrize("choice", ["ec", "rsa"])
@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048, KeyKind.RSA_4096])
@pytest.mark.parametrize("mobile_only", [False, True], ids=["anywhere", "mobile"])
@pytest.mark.parametrize("method", IdentificationMethod)
@pytest.mark.parametrize("profile", profiles.LEAF_PROFILES.values(), ids=lambda profile: profile.name)
def test_every_leaf_is_clean(
    profile: profiles.Profile, method: IdentificationMethod, mobile_only: bool, kind: KeyKind, choice: str
) -> None:
    """EN 319 412-2, NCP, natural person; and the pair of leaf and issuer by RFC 5280."""
    certificate = authorities.leaf(choice, kind=kind, profile=profile, method=method, mobile_only=mobile_only)
    issuer_der = authorities.der(authorities.authority(choice).issuing.certificate)
    authorities.linter().require_clean(authorities.der(certificate), issuer_der=issuer_der)
    assert serious(authorities.linter().findings(authorities.der(certificate), issuer_der=issuer_der)) == []


@pytest.mark.parametrize("choice", ["ec", "rsa"])
def test_every_authority_is_clean(choice: str) -> None:
    house = authorities.authority(choice)
    chain = (
        (house.root.certificate, None),
        (house.issuing.certificate, house.root.certificate),
        (house.responder.certificate, house.issuing.certificate),
    )
    for certificate, issuer in chain:
        issuer_der = authorities.der(issuer) if issuer is not None else None
        assert (
            serious(authorities.linter().findings(authorities.der(certificate), issuer_der=issuer_der)) == []
        )


@pytest.mark.parametrize("choice", ["ec", "rsa"])
@pytest.mark.parametrize("level", ["root", "issuing"])
@pytest.mark.parametrize("count", [0, 3])
def test_every_list_is_clean(choice: str, level: str, count: int) -> None:
    entries = [crl.entry(authorities.serial(), NOW, x509.ReasonFlags.certificate_hold) for _ in range(count)]
    der = crl.assemble(
        entries,
        issuer=getattr(authorities.authority(choice), level),
        number=1,
        this_update=NOW,
        next_update=NOW + timedelta(days=1),
    )
    assert serious(authorities.linter().crl_findings(der)) == []


@pytest.mark.parametrize("choice", ["ec", "rsa"])
@pytest.mark.parametrize("standing", [ocsp.GOOD, ocsp.CertificateStanding(revoked_at=NOW), None])
def test_every_answer_is_clean(choice: str, standing: ocsp.CertificateStanding | None) -> None:
    house = authorities.authority(choice)
    asks = oracle.OCSPRequestBuilder().add_certificate(
        authorities.leaf(choice), house.issuing.certificate, hashes.SHA256()
    )
    der = ocsp.respond(
        asks.build().public_bytes(Encoding.DER),
        responder=house.responder,
        lookup=lambda _serial: standing,
        now=NOW,
        next_update=NOW + timedelta(hours=12),
    )
    assert serious(authorities.linter().ocsp_findings(der)) == []


def test_dirty_certificate_is_refused_with_its_findings() -> None:
    """An address that is no address stops the issue."""
    issuer = authorities.authority().issuing
    wrong = replace(issuer, urls=replace(issuer.urls, ocsp="not an address"))
    certificate = build.rehearse(authorities.plan(), issuer=wrong)
    with pytest.raises(lint.LintFailed) as refused:
        authorities.linter().require_clean(authorities.der(certificate))
    assert "pkix.invalid_uri_syntax" in {finding.code for finding in refused.value.findings}


def test_unrelated_issuer_is_noticed() -> None:
    house, stranger = authorities.authority("ec"), authorities.authority("rsa")
    der = authorities.der(authorities.leaf())
    assert house.issuing != stranger.issuing
    with pytest.raises(lint.LintFailed):
        authorities.linter().require_clean(der, issuer_der=authorities.der(stranger.issuing.certificate))


def test_loopback_addresses_pass_only_where_they_are_allowed() -> None:
    """A demo publishes on 127.0.0.1; production must not."""
    issuer = authorities.authority().issuing
    here = replace(
        issuer,
        urls=build.PublicationUrls(
            crl="http://127.0.0.1:8080/issuing.crl",
            ca_issuers="http://127.0.0.1:8080/issuing.cer",
            ocsp="http://127.0.0.1:8080/ocsp",
            cps="http://127.0.0.1:8080/cps",
        ),
    )
    der = authorities.der(build.rehearse(authorities.plan(), issuer=here))
    with pytest.raises(lint.LintFailed):
        authorities.linter().require_clean(der)
    lint.Linter(allowed=lint.ALLOWED | lint.ALLOWED_ON_LOOPBACK).require_clean(der)


def test_every_allowed_finding_has_a_reason_and_is_still_needed() -> None:
    found = authorities.linter().findings(authorities.der(authorities.leaf()))
    assert set(lint.ALLOWED) <= {finding.code for finding in found}
    assert all(lint.ALLOWED.values())


def test_finding_names_its_clause() -> None:
    found = authorities.linter().findings(authorities.der(authorities.leaf()))
    assert "EN 319 412-2, NAT-4.3.2-1" in {finding.clause for finding in found}
