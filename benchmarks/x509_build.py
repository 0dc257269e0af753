"""How fast subscriber certificates are built and signed, against the raw signature in the same run.

    python -m benchmarks.x509_build [--milliseconds 1000] [--json]

One thread; CPU time, the median of five rounds. Ratio = ours / theirs in microseconds: lower is better.
"""

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks import report
from ca_core.x509 import build, hierarchy, keys, lint, profiles, signatures
from ca_core.x509.build import Issuer, LeafPlan, PublicationUrls
from ca_core.x509.keys import KeyKind
from ca_core.x509.subject import Subject

_ROUNDS = 5
_NOW = datetime.now(UTC).replace(microsecond=0)
_URLS = PublicationUrls(
    crl="http://ca.demo.kz/issuing.crl",
    ca_issuers="http://ca.demo.kz/issuing.cer",
    ocsp="http://ocsp.demo.kz/",
    cps="http://ca.demo.kz/cps",
)


def main() -> None:
    chosen = report.arguments(__doc__, milliseconds=1000)
    linter = lint.Linter()
    for kind in (KeyKind.EC_P256, KeyKind.RSA_3072):
        report.show(_rows(kind, linter, chosen.milliseconds / 1000 / _ROUNDS), as_json=chosen.json)


def _rows(kind: KeyKind, linter: lint.Linter, seconds: float) -> Iterator[report.Row]:
    issuer, plan = _issuer(kind), _plan()
    content = build.sign(plan, issuer=issuer).tbs_certificate_bytes

    def build_and_sign() -> None:
        build.sign(plan, issuer=issuer).public_bytes(Encoding.DER)

    def rehearse_and_sign() -> None:
        rehearsed, signed = build.rehearse(plan, issuer=issuer), build.sign(plan, issuer=issuer)
        build.require_same_content(signed.tbs_certificate_bytes, rehearsed.tbs_certificate_bytes)

    def rehearse_lint_and_sign() -> None:
        rehearsed, signed = build.rehearse(plan, issuer=issuer), build.sign(plan, issuer=issuer)
        linter.require_clean(rehearsed.public_bytes(Encoding.DER))
        build.require_same_content(signed.tbs_certificate_bytes, rehearsed.tbs_certificate_bytes)

    raw = _microseconds(lambda: signatures.sign(issuer.key, content), seconds)
    for name, work in (
        ("build and sign", build_and_sign),
        ("rehearse, sign, compare", rehearse_and_sign),
        ("rehearse, full lint, sign, compare", rehearse_lint_and_sign),
    ):
        ours = _microseconds(work, seconds)
        yield report.Row(
            figure=f"{name}, {kind}",
            unit="us CPU",
            ours=ours,
            against="the raw signature",
            theirs=raw,
            better="lower",
            runs=_ROUNDS,
        )


def _microseconds(work: Callable[[], object], seconds: float) -> float:
    """CPU time of one call: the median of the rounds."""
    work()
    found = []
    for _ in range(_ROUNDS):
        began, count = time.process_time(), 0
        while (spent := time.process_time() - began) < seconds or count == 0:
            work()
            count += 1
        found.append(spent / count * 1e6)
    return statistics.median(found)


def _issuer(kind: KeyKind) -> Issuer:
    key = keys.generate(kind)
    certificate = hierarchy.make_root(
        key=key,
        name=hierarchy.authority_name(common_name="DEMO CA", organization="DEMO"),
        serial=build.new_serial(secrets.token_bytes),
        not_before=_NOW - timedelta(days=1),
    )
    return Issuer(certificate, key, _URLS)


def _plan() -> LeafPlan:
    return LeafPlan(
        profile=profiles.SIGNING,
        serial=build.new_serial(secrets.token_bytes),
        subject=Subject("СЫНАҚОВА", "ҮЛГІ", "СЫНАҚҚЫЗЫ", "990101400008"),
        public_key_der=keys.public_der(keys.generate(KeyKind.EC_P256).public_key()),
        not_before=_NOW,
        not_after=profiles.validity_end(_NOW, years=1),
        method=profiles.IdentificationMethod.AUTOMATIC_FACE,
    )


if __name__ == "__main__":
    main()
