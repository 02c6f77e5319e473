"""Who may use the server over HTTP: one bearer token, or the signed tokens of an OAuth authorization server."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any

import anyio.to_thread
import jwt
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings

from ws_mcp.doors.mcp.options import OAuth

_log = logging.getLogger(__name__)
# Signatures only, and only asymmetric ones: a key that verifies must not be able to sign.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY = 30  # seconds that clocks may differ
_LONGEST = 16_384  # characters of a token
_KEYS_FRESH = 300  # seconds that fetched keys are used
_FETCH = 5  # seconds to fetch them


def is_bearer(authorization: bytes | None, token: str) -> bool:
    """Whether an Authorization value carries ``token`` (RFC 6750, 2.1); takes the same time wherever they differ."""
    scheme, _, given = (authorization or b"").partition(b" ")
    return hmac.compare_digest(given.strip(b" "), token.encode()) and scheme.lower() == b"bearer"


def state_key(secret: str) -> bytes:
    """The key that replicas share for what clients carry between requests, derived from a secret they share."""
    return hashlib.blake2b(secret.encode(), person=b"ws-mcp state", digest_size=32).digest()


def settings(oauth: OAuth) -> AuthSettings:
    """The SDK's settings: the audience is checked, so a token for another resource is refused (RFC 8707).

    The URLs go in as texts: a model of its own would add a slash to one without a path, and then it is another issuer
    (RFC 8414, 3.3: identical).
    """
    return AuthSettings.model_validate(
        {
            "issuer_url": oauth.issuer,
            "resource_server_url": oauth.resource,
            "required_scopes": list(oauth.scopes) or None,
            "validate_token_resource": True,
        }
    )


class JwtVerifier:
    """Verifies the access tokens of one issuer for one resource (RFC 9068)."""

    def __init__(self, oauth: OAuth) -> None:
        self._oauth = oauth
        self._keys = jwt.PyJWKClient(oauth.jwks, cache_jwk_set=True, lifespan=_KEYS_FRESH, timeout=_FETCH)
        self._lock = anyio.Lock()  # one fetch of the keys at a time

    async def verify_token(self, token: str) -> AccessToken | None:
        """What ``token`` grants; None where it is not good."""
        if len(token) > _LONGEST:
            return None
        try:
            jwt.get_unverified_header(token)  # what is no JWT costs no fetch
            async with self._lock:
                key = await anyio.to_thread.run_sync(self._keys.get_signing_key_from_jwt, token)
            claims = self._claims(token, key)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            _log.warning("refused a token: %s", error)
            return None
        audience = claims["aud"]
        audiences = [audience] if isinstance(audience, str) else audience
        return AccessToken(
            token=token,
            client_id=str(claims.get("client_id") or claims.get("azp") or claims.get("sub") or ""),
            scopes=_scopes(claims),
            expires_at=int(claims["exp"]) + _LEEWAY,
            resource=self._oauth.resource if self._oauth.resource in audiences else None,
            subject=claims.get("sub"),
            claims=claims,
        )

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        """What a good token says; the key, not the token, decides its algorithm."""
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            audience=self._oauth.resource,
            issuer=self._oauth.issuer,
            leeway=_LEEWAY,
            options={"require": ["exp", "iss", "aud"]},
        )
        return claims


def _scopes(claims: dict[str, Any]) -> list[str]:
    found = claims.get("scope", claims.get("scp", ""))
    return found.split() if isinstance(found, str) else [str(one) for one in found]
