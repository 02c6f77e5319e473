"""TLS for a client under test: the right one, and ones that it has to refuse (RFC 6455, 4.1 and 10.6)."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from datetime import timedelta
from pathlib import Path

from ws_mcp.errors import InputError
from ws_mcp.probe.certificates import Authority
from ws_mcp.probe.inside import Inside
from ws_mcp.probe.talk import Reader, Writer
from ws_mcp.types import Verdict

FAULTS = ("tls-untrusted", "tls-expired", "tls-other-name", "tls-old-version", "tls-no-encryption")
_OWN_ONLY = ("tls-expired", "tls-other-name")  # need an authority that the client trusts


class Secured:
    """The contexts of one probe; ``authority`` is what the client has to trust in PEM, b"" with a given certificate.

    Args:
        names: what the client may call us, hosts and addresses.
        certificate: a chain in PEM, None to make one.
        key: its private key.

    Raises:
        InputError: the files cannot be used.
    """

    def __init__(self, names: tuple[str, ...], certificate: Path | None = None, key: Path | None = None) -> None:
        self._names = names
        self._given = (certificate, key)
        self._authority = Authority()
        self.authority = b"" if certificate else self._authority.certificate
        self.right = self._right()

    def _right(self) -> ssl.SSLContext:
        certificate, key = self._given
        if certificate is None:
            return self._authority.context(self._names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            told = getattr(error, "reason", None) or error
            raise InputError(f"{certificate} cannot be used: {told}. Give a chain and its key in PEM.") from None
        return context

    def fault(self, study: str) -> ssl.SSLContext | str:
        """A context that a client has to refuse, or why there is none."""
        if self._given[0] is not None and study in _OWN_ONLY:
            return "takes a certificate made here: leave --cert out"
        if study == "tls-untrusted":
            return Authority("nobody knows").context(self._names)
        if study == "tls-expired":
            return self._authority.context(self._names, timedelta(days=3))
        if study == "tls-other-name":
            return self._authority.context(("other.example",))
        context = self._right()
        weaken(context, study)
        return context if _works(context, study) else "our own TLS does not do this any more"


def weaken(context: ssl.SSLContext, study: str) -> None:
    """Leaves a context only what is too old, or what does not encrypt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that is why it is done
        context.minimum_version = ssl.TLSVersion.TLSv1
        old = study == "tls-old-version"
        context.maximum_version = ssl.TLSVersion.TLSv1_1 if old else ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ALL:@SECLEVEL=0" if old else "eNULL:@SECLEVEL=0")


def _works(context: ssl.SSLContext, study: str) -> bool:
    """Whether a client that is as weak opens TLS with it: the library may be built without."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    weaken(client, study)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(back, there), context.wrap_bio(there, back, server_side=True)]
    done = set()
    for turn in range(8):
        try:
            ends[turn % 2].do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError:
            return False
        done.add(turn % 2)
    return len(done) == 2


async def refused(reader: Reader, writer: Writer, context: ssl.SSLContext, seconds: float) -> tuple[Verdict, str]:
    """Whether the client keeps away from a server with this context."""
    inside = Inside(reader, writer, context)
    try:
        async with asyncio.timeout(seconds):
            await inside.open()
            data = await inside.read()
    except ssl.SSLError as error:
        return Verdict.PASSED, f"TLS does not open: {tell(error)}"
    except ConnectionError:
        return Verdict.PASSED, "the client ended TCP before TLS was open"
    except TimeoutError:
        return Verdict.FAILED, "the client neither goes on nor ends the connection"
    if data:
        return Verdict.FAILED, "TLS opens, and the opening request comes"
    return Verdict.PASSED, "the client ended the connection once TLS was open"


def tell(error: ssl.SSLError) -> str:
    """The reason of a failure in words."""
    return str(error.reason or error).replace("_", " ").lower()
