"""Lists and CA certificates as anybody fetches them."""

import os
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from portal.published import CERTIFICATES, LISTS, PublicFiles
from runtime import authority, publication
from tests.portal.conftest import House


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_served_as_rfc_5280_wants_it(browser: httpx.Client, name: str) -> None:
    answer = browser.get(f"/crl/{name}")
    assert answer.headers["content-type"] == "application/pkix-crl"
    assert answer.headers["cache-control"] == "public, max-age=60"
    x509.load_der_x509_crl(answer.content)


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_ca_certificate_is_served_as_rfc_5280_wants_it(browser: httpx.Client, name: str) -> None:
    answer = browser.get(f"/ca/{name}")
    assert answer.headers["content-type"] == "application/pkix-cert"
    x509.load_der_x509_certificate(answer.content)


def test_who_has_the_list_already_is_told_so(browser: httpx.Client) -> None:
    first = browser.get("/crl/issuing.crl")
    for header in (
        {"If-None-Match": first.headers["etag"]},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = browser.get("/crl/issuing.crl", headers=header)
        assert (again.status_code, again.content) == (304, b"")


def test_a_new_list_is_served_at_the_next_request(house: House, browser: httpx.Client) -> None:
    before = browser.get("/crl/issuing.crl")
    service = house.service
    publication.publish(service, authority.issuer(service.settings), now=service.now())
    after = browser.get("/crl/issuing.crl", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    number = x509.load_der_x509_crl(after.content).extensions.get_extension_for_class(x509.CRLNumber)
    assert number.value.crl_number > 1


def test_no_other_file_of_the_folder_is_served(house: House, browser: httpx.Client) -> None:
    folder = authority.public_dir(house.service.settings)
    (folder / "other.crl").write_bytes(b"x")
    for path in ("/crl/other.crl", "/crl/root.cer", "/crl/..%2f..%2fkeys%2focsp.key", "/ca/"):
        assert browser.get(path).status_code == 404


def test_a_missing_or_lapsed_list_makes_the_portal_unready(house: House, tmp_path: Path) -> None:
    folder = authority.public_dir(house.service.settings)
    for name in (*CERTIFICATES, *LISTS):
        os.link(folder / name, tmp_path / name)
    files, now = PublicFiles(tmp_path), house.service.now()
    assert files.problem(now) == ""
    assert files.problem(now.replace(year=now.year + 3)) == "issuing.crl has lapsed"
    (tmp_path / "root.crl").unlink()
    assert files.problem(now) == "root.crl is not published"
