"""A downloaded document → its sections, or the reason why it is not the document we want.

The parsers are imported here, when something is to be parsed: who only reads never loads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ws_mcp.knowledge.official.download import check_content
from ws_mcp.knowledge.official.sources import Document, Form, Location
from ws_mcp.knowledge.official.text import DocumentError, Part

PARSER = 1  # raised whenever the same bytes give other sections, so that saved sections are made anew


def parse(document: Document, location: Location, content: bytes) -> list[Part]:
    """The sections of ``content``, which came from ``location``.

    Raises:
        DocumentError: It is damaged, truncated, changed, or another document.
    """
    check_content(location.form, content)
    if location.sha256:
        found = hashlib.sha256(content).hexdigest()
        if found != location.sha256:
            raise DocumentError(
                f"its SHA-256 is {found[:12]}…, not {location.sha256[:12]}…: published RFCs never change, so this copy "
                "is damaged or altered"
            )
    parts = read(document.id, location.form, content)
    numbered = sum(not part.id.endswith("/abstract") for part in parts)
    if numbered < document.sections:
        raise DocumentError(
            f"it yields {numbered} sections where {document.sections} are expected: truncated or changed"
        )
    return parts


def read(document: str, form: Form, content: bytes) -> list[Part]:
    """The sections of a document that has been checked before."""
    try:
        return _reader(form)(document, content)
    except DocumentError:
        raise
    except Exception as error:  # whatever a parser trips over in a stranger's bytes is the document's fault
        raise DocumentError(f"it cannot be read ({type(error).__name__}: {str(error)[:120]})") from error


def _reader(form: Form) -> Callable[[str, bytes], list[Part]]:
    if form in (Form.RFC_TEXT, Form.RFC_HTML):
        from ws_mcp.knowledge.official import rfc

        if form is Form.RFC_TEXT:
            return rfc.read_text
        from ws_mcp.knowledge.official import rfc_html

        return rfc_html.read_html
    if form in (Form.MDN_JSON, Form.MDN_HTML):
        from ws_mcp.knowledge.official import mdn

        return mdn.read_json if form is Form.MDN_JSON else mdn.read_html
    from ws_mcp.knowledge.official import iana

    return lambda _document, content: iana.read_xml(content)
