import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gdig.io.http import Patience, TransientError, answer, persist
from tests.ingest.fetch.conftest import PATIENCE
from tests.server import Fault, Page, running


@pytest.fixture
def tls(tmp_path):
    """A certificate that this machine has made for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (tmp_path / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return context


def got(url, patience=PATIENCE):
    with requests.Session() as session, answer(session, url, patience) as response:
        return response.content


def test_a_certificate_that_does_not_hold_is_an_error(tls, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running(tls) as site:
        site.pages["/a"] = Page(b"text")
        with pytest.raises(ValueError, match="the certificate of the server does not hold.*set REQUESTS_CA_BUNDLE"):
            got(f"{site.url}/a")
        assert not site.requests
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        assert got(f"{site.url}/a") == b"text"


@pytest.mark.parametrize("back", [False, True])
def test_a_link_from_https_to_http_is_refused(tls, tmp_path, monkeypatch, site, back):
    """Even where that one leads back: whoever listens in between decides where to."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
    with running(tls) as secure:
        site.pages["/a"] = Page(b"text", faults=[Fault(301, {"Location": f"{secure.url}/b"})] if back else [])
        secure.pages |= {"/a": Page(b"", faults=[Fault(301, {"Location": f"{site.url}/a"})]), "/b": Page(b"text")}
        with pytest.raises(ValueError, match=r"leads from https to http://.*name that URL in the profile"):
            got(f"{secure.url}/a")


def test_a_server_that_is_not_there_may_come_back(site):
    with pytest.raises(TransientError, match=r"the connection failed: [^/]*Connection refused$"):
        got("http://127.0.0.1:9/a")


def test_a_server_that_does_not_answer_may_do_so_later(site):
    site.pages["/a"] = Page(b"text", faults=[Fault(silent=True)])
    with pytest.raises(TransientError, match=r"no answer for 0\.5 s"):
        got(f"{site.url}/a")
    assert got(f"{site.url}/a") == b"text"


@pytest.mark.parametrize("form", ["seconds", "date", "nonsense", "none"])
def test_retry_after_is_followed(site, monkeypatch, form):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    value = {
        "seconds": "7",
        "date": format_datetime(datetime.now(UTC) + timedelta(seconds=7), usegmt=True),
        "nonsense": "soon",
        "none": None,
    }[form]
    headers = {} if value is None else {"Retry-After": value}
    site.pages["/a"] = Page(b"text", faults=[Fault(503, headers)])
    patience = Patience(tries=3, first_wait=2.0, longest_wait=60.0, timeout=1.0)
    assert persist(lambda: got(f"{site.url}/a", patience), "a", patience) == b"text"
    assert len(waits) == 1
    assert waits[0] == pytest.approx({"seconds": 7, "date": 7}.get(form, 2.0), abs=1.5 if form == "date" else 1e-9)


def test_no_wait_is_longer_than_the_longest(site, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    site.pages["/a"] = Page(b"", faults=[Fault(503, {"Retry-After": "86400"})] + [Fault(503)] * 9)
    patience = Patience(tries=7, first_wait=2.0, longest_wait=10.0, timeout=1.0)
    with pytest.raises(ValueError, match="a: the server answered 503 Service Unavailable; given up after 7 tries"):
        persist(lambda: got(f"{site.url}/a", patience), "a", patience)
    assert waits == [10.0, 4.0, 8.0, 10.0, 10.0, 10.0]
