"""OAuth tokens over HTTP: a real key server, real signatures, and every way in which a token can be wrong."""

from __future__ import annotations

import base64
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.doors.http_server import HttpServer, serving
from ws_mcp.doors.mcp.auth import is_bearer

JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
RESOURCE = "https://ws.example/mcp"
KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = ec.generate_private_key(ec.SECP256R1())


class KeyServer(BaseHTTPRequestHandler):
    """Publishes one key, as an authorization server does."""

    def do_GET(self) -> None:
        key: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
        body = json.dumps({"keys": [{**key, "kid": "one", "alg": "ES256", "use": "sig"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    keys = ThreadingHTTPServer(("127.0.0.1", 0), KeyServer)
    thread = threading.Thread(target=keys.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{keys.server_address[1]}"
    keys.shutdown()
    keys.server_close()
    thread.join()


@pytest.fixture(scope="module")
def server(issuer: str) -> Iterator[HttpServer]:
    with serving("--issuer", issuer, "--jwks", f"{issuer}/jwks", "--resource", RESOURCE, "--scope", "ws:read") as found:
        yield found


def claims(issuer: str, **changes: object) -> dict[str, Any]:
    good = {
        "iss": issuer,
        "aud": RESOURCE,
        "sub": "someone",
        "client_id": "a client",
        "scope": "ws:read more",
        "exp": int(time.time()) + 600,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def ask(server: HttpServer, token: str, path: str = "/mcp") -> httpx.Response:
    headers = {**JSON, "Authorization": f"Bearer {token}"}
    if path == "/mcp":
        return httpx.post(server.url, headers=headers, json=LIST)
    return httpx.get(f"{server.root}{path}", headers=headers)


def signed(content: dict[str, Any], key: Any = KEY, algorithm: str = "ES256", kid: str = "one") -> str:
    return jwt.encode(content, key, algorithm, headers={"kid": kid})


def keyed(content: dict[str, Any], secret: bytes) -> str:
    """A token whose secret is the published key; libraries do not make one, attackers do."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head = {"alg": "HS256", "kid": "one", "typ": "JWT"}
    text = f"{part(json.dumps(head).encode())}.{part(json.dumps(content).encode())}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), 'sha256'))}"


@pytest.mark.parametrize(
    "changes", [{}, {"aud": [RESOURCE, "https://other.example"]}, {"scope": None, "scp": ["ws:read"]}]
)
def test_a_token_for_this_server_passes(server: HttpServer, issuer: str, changes: dict[str, Any]) -> None:
    assert ask(server, signed(claims(issuer, **changes))).status_code == 200
    assert ask(server, signed(claims(issuer, **changes)), "/metrics").status_code == 200


WRONG = [
    ("for another resource", {"aud": "https://other.example/mcp"}),
    ("for a resource that begins alike", {"aud": f"{RESOURCE}.evil.example"}),
    ("for the host but not the path", {"aud": "https://ws.example"}),
    ("for nobody", {"aud": None}),
    ("for no resource of a list", {"aud": []}),
    ("from another issuer", {"iss": "https://evil.example"}),
    ("from nobody", {"iss": None}),
    ("too old", {"exp": int(time.time()) - 3_600}),
    ("without an end", {"exp": None}),
    ("not valid yet", {"nbf": int(time.time()) + 3_600}),
]


@pytest.mark.parametrize("changes", [changes for _, changes in WRONG], ids=[name for name, _ in WRONG])
def test_a_wrong_token_is_refused(server: HttpServer, issuer: str, changes: dict[str, Any]) -> None:
    for path in ("/mcp", "/metrics"):
        answer = ask(server, signed(claims(issuer, **changes)), path)
        assert answer.status_code == 401
        assert "Bearer" in answer.headers["www-authenticate"]


def test_a_forged_signature_is_refused(server: HttpServer, issuer: str) -> None:
    good = claims(issuer)
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    other = rsa.generate_private_key(65_537, 2_048)
    true = signed(good)
    forged = [
        signed(good, STRANGER),
        signed(good, STRANGER, kid="two"),
        signed(good, other, "RS256"),
        keyed(good, public),
        jwt.encode(good, "", "none", headers={"kid": "one"}),
        true[:-8] + "AAAAAAAA",
        ".".join([true.split(".")[0], true.split(".")[1][:-4] + "AAAA", true.split(".")[2]]),
    ]
    for token in (*forged, "nonsense", "a.b.c", "x" * 20_000):
        assert ask(server, token).status_code == 401, token[:80]


def test_a_token_without_the_scope_is_forbidden(server: HttpServer, issuer: str) -> None:
    for scope in ("", "other", "ws:reading"):
        answer = ask(server, signed(claims(issuer, scope=scope)))
        assert answer.status_code == 403
        assert "insufficient_scope" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("token", ["", "nonsense", "for another resource"])
def test_a_client_finds_out_where_to_get_a_token(server: HttpServer, issuer: str, token: str) -> None:
    """As RFC 9728, 5.1 has it; the issuer is named letter for letter (RFC 8414, 3.3)."""
    sent = signed(claims(issuer, aud="https://other.example/mcp")) if token.startswith("for") else token
    headers = JSON | ({"Authorization": f"Bearer {sent}"} if sent else {})
    refused = httpx.post(server.url, headers=headers, json=LIST)
    assert refused.status_code == 401
    (where,) = re.findall(r'resource_metadata="([^"]+)"', refused.headers["www-authenticate"])
    assert where == "https://ws.example/.well-known/oauth-protected-resource/mcp"
    described = httpx.get(server.root + urlsplit(where).path).json()
    assert described["resource"] == RESOURCE
    assert described["authorization_servers"] == [issuer]
    assert described["scopes_supported"] == ["ws:read"]
    assert described["bearer_methods_supported"] == ["header"]
    assert httpx.get(f"{server.root}/healthz").status_code == 200


def test_a_token_in_the_url_is_none(server: HttpServer, issuer: str) -> None:
    url = f"{server.url}?access_token={signed(claims(issuer))}"
    assert httpx.post(url, headers=JSON, json=LIST).status_code == 401


def test_a_page_of_an_allowed_origin_can_use_the_server_and_others_cannot(issuer: str) -> None:
    page, names = "https://app.example", ("--allowed-host", "ws.example", "--allowed-origin", "https://app.example")
    oauth = ("--issuer", issuer, "--jwks", f"{issuer}/jwks", "--resource", RESOURCE)
    with serving("--host", "0.0.0.0", *names, *oauth) as server:
        url = f"http://127.0.0.1:{server.port}/mcp"
        asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,mcp-method"}
        asked = httpx.options(url, headers={"Host": "ws.example", "Origin": page, **asking})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, page)
        assert "authorization" in asked.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in asked.headers
        refused = httpx.post(url, headers={**JSON, "Host": "ws.example", "Origin": page}, json=LIST)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, page)
        assert "WWW-Authenticate" in refused.headers["access-control-expose-headers"]
        good = {"Authorization": f"Bearer {signed(claims(issuer))}", "Host": "ws.example", **JSON}
        assert httpx.post(url, headers={**good, "Origin": page}, json=LIST).headers["vary"] == "Origin"
        for evil in ("https://evil.example", "null", "http://app.example", "https://app.example.evil.example"):
            assert httpx.options(url, headers={"Host": "ws.example", "Origin": evil, **asking}).status_code == 400
            answer = httpx.post(url, headers={**good, "Origin": evil}, json=LIST)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers


def test_pages_of_this_machine_are_let_in_and_cannot_read(server: HttpServer, issuer: str) -> None:
    headers = {**JSON, "Authorization": f"Bearer {signed(claims(issuer))}", "Origin": "http://localhost:6274"}
    answer = httpx.post(server.url, headers=headers, json=LIST)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_server_whose_issuer_is_away_refuses_and_stays() -> None:
    nowhere = "http://127.0.0.1:9"
    with serving("--issuer", nowhere, "--jwks", f"{nowhere}/jwks", "--resource", RESOURCE) as server:
        assert ask(server, signed(claims(nowhere))).status_code == 401
        assert httpx.get(f"{server.root}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("header", "good"),
    [
        (b"Bearer secret", True),
        (b"bearer secret", True),
        (b"BEARER  secret ", True),
        (b"Bearer secre", False),
        (b"Bearer secrett", False),
        (b"Bearer", False),
        (b"secret", False),
        (b"Bearer \xff\xfe", False),
        (b"", False),
        (None, False),
    ],
)
def test_a_bearer_header_is_compared_whole(header: bytes | None, good: bool) -> None:
    assert is_bearer(header, "secret") is good
