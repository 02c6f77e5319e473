"""Peers without sockets: websockets and wsproto. Each says why it refuses a handshake, "" where it accepts."""

from __future__ import annotations

from collections.abc import Callable

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, RejectConnection
from wsproto.events import Request as WSRequest
from wsproto.extensions import PerMessageDeflate
from wsproto.utilities import ProtocolError

from benchmarks.handshakes.generate import EXTENSIONS, KEY, OFFERS, PROTOCOL


def websockets_server(text: str) -> str:
    """What websockets says of a request."""
    server = ServerProtocol(extensions=[ServerPerMessageDeflateFactory()], max_size=None)
    server.receive_data(text.encode("latin-1"))
    events = server.events_received()
    if not events or not isinstance(events[0], Request):
        return f"parse: {server.handshake_exc or 'no request'}"
    response = server.accept(events[0])
    return "" if response.status_code == 101 else f"{response.status_code}: {server.handshake_exc}"


def websockets_client(offer: int, text: str) -> str:
    """What websockets says of an answer."""
    wanted = OFFERS[offer]
    names = [Subprotocol(name) for name in wanted.get(PROTOCOL, "").split(", ") if name]
    factories = [ClientPerMessageDeflateFactory(client_max_window_bits=True)] if EXTENSIONS in wanted else None
    client = ClientProtocol(parse_uri("ws://example.com/chat"), extensions=factories, subprotocols=names or None)
    client.key = KEY
    client.send_request(client.connect())
    client.receive_data(text.encode("latin-1"))
    client.receive_eof()
    if client.handshake_exc is None:
        return ""
    cause = client.handshake_exc.__cause__
    return f"{client.handshake_exc}{f' <- {cause}' if cause else ''}"


def wsproto_server(text: str) -> str:
    """What wsproto says of a request."""
    server = WSConnection(ConnectionType.SERVER)
    try:
        server.receive_data(text.encode("latin-1"))
        event = next(iter(server.events()), None)
        if not isinstance(event, WSRequest):
            return f"no request: {event}"
        server.send(AcceptConnection(extensions=[PerMessageDeflate()]))
    except ProtocolError as error:
        return f"{error} <- {error.__cause__ or error.__context__}"
    except (ValueError, IndexError) as error:  # it does not catch what its own parsing of parameters raises
        return f"crash: {error!r}"
    return ""


def wsproto_client(offer: int, text: str) -> str:
    """What wsproto says of an answer."""
    wanted = OFFERS[offer]
    names = [name for name in wanted.get(PROTOCOL, "").split(", ") if name]
    extensions = [PerMessageDeflate()] if EXTENSIONS in wanted else []
    client = WSConnection(ConnectionType.CLIENT)
    client.send(WSRequest(host="example.com", target="/chat", subprotocols=names, extensions=list(extensions)))
    handshake = client.handshake
    handshake._nonce = KEY.encode()  # the answers answer this one
    try:
        client.receive_data(text.encode("latin-1"))
        event = next(iter(client.events()), None)
    except ProtocolError as error:
        return f"{error} <- {error.__cause__ or error.__context__}"
    except (ValueError, IndexError) as error:
        return f"crash: {error!r}"
    if isinstance(event, RejectConnection):
        return f"rejected: {event.status_code}"
    return "" if isinstance(event, AcceptConnection) else f"no answer: {event}"


SERVERS: dict[str, Callable[[str], str]] = {"websockets": websockets_server, "wsproto": wsproto_server}
CLIENTS: dict[str, Callable[[int, str], str]] = {"websockets": websockets_client, "wsproto": wsproto_client}
