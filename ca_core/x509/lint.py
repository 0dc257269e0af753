"""Somebody else's opinion of what we sign: pkilint, in process, before the CA's key is used.

Certificates of people are judged by EN 319 412-2 (NCP, natural person), those of authorities by
RFC 5280. Only errors stop us; every milder finding that our profiles cause stands below with its
reason.
"""

# pkilint takes seconds to import: only a process that issues pays for it, when it makes its Linter.
# ruff: noqa: PLC0415

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ca_core.errors import Refusal


class Severity(IntEnum):
    """As pkilint ranks them."""

    FATAL = 0
    ERROR = 1
    WARNING = 2
    NOTICE = 3
    INFO = 4
    DEBUG = 5


# Findings that our profiles cause on purpose, each with its reason.
ALLOWED = {
    "etsi.en_319_412_2.nat-4.3.2-1.mixed_key_usage_setting": (
        "NCA signing certificates carry digitalSignature and nonRepudiation together (EN 319 412-2's type B),"
        " and their relying parties look for both"
    ),
}

# What a demo that publishes on this machine's own address causes besides.
ALLOWED_ON_LOOPBACK = {
    "etsi.internal_domain_name": "the demo's lists and answers are published on 127.0.0.1",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark. `clause` is the standard and the clause that the linter's code names."""

    severity: Severity
    code: str
    detail: str
    clause: str


class LintFailed(Refusal):
    """What was about to be signed breaks a standard."""

    code = "lint.failed"

    def __init__(self, *, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings=findings)
        self.findings = findings


class Linter:
    """The validators, built once: keep one a process. Any: pkilint has no types."""

    def __init__(self, *, allowed: Mapping[str, str] = ALLOWED) -> None:
        self._allowed = allowed
        from pkilint import loader

        self._load_certificate = loader.RFC5280CertificateDocumentLoader().load_der_document
        self._load_crl = loader.RFC5280CertificateListDocumentLoader().load_der_document
        self._load_ocsp = loader.RFC6960OCSPResponseDocumentLoader().load_der_document
        self._person = _person_validators()
        self._authority = _authority_validators()
        self._crl = _crl_validators()
        self._ocsp = _ocsp_validators()
        self._pair_decoder, self._pair = _pair_validators()

    def findings(self, der: bytes, *, issuer_der: bytes | None = None) -> tuple[Finding, ...]:
        """All that pkilint says of a certificate and, given its issuer, of how the two fit together."""
        document = self._load_certificate(der, "subject")
        judge = self._authority if _is_authority(der) else self._person
        found = _findings(judge.validate(document.root))
        if issuer_der is None:
            return found
        return found + self._pair_findings(der, issuer_der)

    def require_clean(self, der: bytes, *, issuer_der: bytes | None = None) -> None:
        """No error that is not allowed with a reason. Raises LintFailed."""
        found = self.findings(der, issuer_der=issuer_der)
        errors = tuple(f for f in found if f.severity <= Severity.ERROR and f.code not in self._allowed)
        if errors:
            raise LintFailed(findings=errors)

    def crl_findings(self, der: bytes) -> tuple[Finding, ...]:
        """What pkilint says of a revocation list; it reads every entry, so keep it to small lists."""
        return _findings(self._crl.validate(self._load_crl(der, "crl").root))

    def ocsp_findings(self, der: bytes) -> tuple[Finding, ...]:
        """What pkilint says of a status answer: structure only."""
        return _findings(self._ocsp.validate(self._load_ocsp(der, "response").root))

    def _pair_findings(self, der: bytes, issuer_der: bytes) -> tuple[Finding, ...]:
        documents: dict[str, Any] = {}
        for role, substrate in (("issuer", issuer_der), ("subject", der)):
            documents[role] = self._load_certificate(substrate, role, role, documents)
            self._pair_decoder.validate(documents[role].root)
        return _findings(self._pair.validate(documents["issuer"].root))


def _person_validators() -> Any:
    from pkilint import etsi
    from pkilint.etsi.etsi_constants import CertificateType
    from pkilint.pkix import certificate

    kind = CertificateType.NCP_NATURAL_PERSON_CERTIFICATE
    return certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(kind), etsi.create_validators(kind)
    )


def _authority_validators() -> Any:
    from pkilint.pkix import certificate, extension, name

    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def _crl_validators() -> Any:
    from pkilint.pkix import crl

    return crl.create_pkix_crl_validator_container(
        _decoders(),
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )


def _ocsp_validators() -> Any:
    from pkilint.pkix import ocsp

    return ocsp.create_pkix_ocsp_response_validator_container(
        [ocsp.create_response_decoder(), *_decoders()], []
    )


def _decoders() -> list[Any]:
    from pkilint import pkix
    from pkilint.pkix import extension, name

    return [
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    ]


def _pair_validators() -> tuple[Any, Any]:
    from pkilint.bin import lint_pkix_signer_signee_cert_chain as pair

    return pair.create_decoder_validation_container(), pair.create_issuer_validation_container()


def _is_authority(der: bytes) -> bool:
    """CA and OCSP responder certificates are no certificates of people."""
    for extension in x509.load_der_x509_certificate(der).extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            return True
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            return ExtendedKeyUsageOID.OCSP_SIGNING in extension.value
    return False


def _findings(results: Any) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            severity=Severity[described.finding.severity.name],
            code=described.finding.code,
            detail=described.message or "",
            clause=_clause(described.finding.code),
        )
        for result in results
        for described in result.finding_descriptions
    )


def _clause(code: str) -> str:
    """etsi.en_319_412_2.nat-4.3.2-3.x -> EN 319 412-2, NAT-4.3.2-3; pkix.x -> RFC 5280."""
    family, *parts = code.split(".")
    if family != "etsi" or len(parts) < 2:
        return {"pkix": "RFC 5280", "itu": "X.690"}.get(family, family.upper())
    standard, *clause = parts[:-1]
    body, *numbers = standard.split("_")
    document = " ".join((body.upper(), *numbers[:2])) + "".join(f"-{n}" for n in numbers[2:])
    return ", ".join((document, ".".join(clause).upper())) if clause else document
