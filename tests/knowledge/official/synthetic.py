"""Small documents in our own words, in every form that is fetched."""

from __future__ import annotations

import hashlib
import html
import json
import re
from pathlib import Path

import pytest

from ws_mcp.knowledge.official import sources

RFC_TEXT = """


Kitchen Engineering Task Force                                A. Kettle
Request for Comments: 9998                                  Stoves Ltd.
Category: Playful


                         The Teapot Protocol

Abstract

   A pot tells a cup how hot the tea is.

Status of This Memo

   This is about tea and about nothing else.

Table of Contents

   1.  Pouring . . . . . . . . . . . . . . . . . . . . . . . . . . . .  1
     1.1.  Cups and a Title That Is Much Too Long for One Line of the
           Table . . . . . . . . . . . . . . . . . . . . . . . . . . .  1
   2.  Steeping  . . . . . . . . . . . . . . . . . . . . . . . . . . .  2
   Appendix A.  Leaves . . . . . . . . . . . . . . . . . . . . . . . .  2
     A.1.  Green . . . . . . . . . . . . . . . . . . . . . . . . . . .  2

1.  Pouring

1.1.  Cups and a Title That Is Much Too Long for One Line of the
      Table

   A cup MUST stand upright while tea is being poured into it, because a
   cup that lies on its side cannot hold what is poured, and the cloth



Kettle                          Playful                         [Page 1]
\f
RFC 9998                  The Teapot Protocol                 April 2024


   under it gets wet.  The following picture shows a cup.

        +-----+
        | tea |
        +-----+

        cup = saucer [ spoon ]

   What a waiter says:

      POUR /cup TEA/1.0
      Sugar: 2

   3.  is not a heading here, and neither is this:

   o  a first thing that goes on over the end of its line and down to
      the next one, still as one thing;

   o  a second thing.

   |  *Note:* Tea is hot, and a careful waiter never forgets to tell
   |  a guest so.

2.  Steeping

   Wait for three minutes (see Section 1.1).

Appendix A.  Leaves

A.1.  Green

   Use water of eighty degrees.

Acknowledgements

   The cups, for holding still.

Author's Address

   A. Kettle
"""

RFC_IDS = ("abstract", "1", "1.1", "2", "A", "A.1")


def rfc_html(heading: str = '<span class="h2">{}</span>') -> str:
    """The text as the old HTML dialects have it: links in it, running heads greyed, pages in ``pre``."""
    pages = []
    for page in RFC_TEXT.split("\f"):
        text = html.escape(page.strip("\n"), quote=False)
        text = re.sub(r"(?m)^(Kettle .*|RFC 9998 .*)$", r'<span class="grey">\1</span>', text)
        text = re.sub(
            r"(?m)^(Appendix )?([\dA]+(?:\.\d)*)\.  (.*(?:\n {6,}\S.*)?)$", lambda m: _anchored(m, heading), text
        )
        text = text.replace("Section 1.1", '<a href="#section-1.1">Section&nbsp;1.1</a>')
        pages.append(f"<pre>{text}\n</pre>")
    return (
        "<!DOCTYPE html><html><head><title>RFC 9998: The Teapot Protocol</title></head>"
        f"<body><span class='docinfo'>Errata exist</span>{'<hr>'.join(pages)}</body></html>"
    )


def _anchored(found: re.Match[str], markup: str) -> str:
    label, number, title = found[1] or "", found[2], found[3]
    return markup.format(f'<a class="selflink" id="section-{number}">{label}{number}</a>.  {title}')


RFC_V3 = """<!DOCTYPE html><html><head><title>RFC 9998: The Teapot Protocol</title></head><body>
<table class="ears"><tr><td>RFC 9998</td></tr></table>
<section id="section-abstract"><h2>Abstract</h2><p>A pot tells a cup.<a class="pilcrow">¶</a></p></section>
<section id="section-toc.1"><h2><a class="section-name">Table of Contents</a></h2><p>Pouring</p></section>
<section id="section-1"><h2><a class="section-number">1. </a><a class="section-name">Pouring</a></h2>
  <p>Pour <span class="bcp14">MUST</span> be slow.<a class="pilcrow">¶</a></p>
  <div id="wrapper"><section id="section-1.1"><h3><a class="section-number">1.1. </a>
     <a class="section-name">Cups</a></h3>
     <aside><p><strong>Note:</strong> hot.</p></aside>
     <pre class="lang-abnf sourcecode">cup = "u"
</pre>
     <table><caption>Table 1</caption><thead><tr><th>Size</th><th>Tea</th></tr></thead>
     <tbody><tr><td>small</td><td>a | b</td></tr></tbody></table>
     <dl><dt>spoon</dt><dd>stirs</dd><dd class="break"></dd></dl>
     <ol><li><p>warm</p><ul><li>the pot</li></ul></li><li>fill</li></ol>
  </section></div></section>
<section id="appendix-A"><h2><a class="section-number">Appendix A. </a><a class="section-name">Leaves</a></h2></section>
<section id="appendix-B"><h2><a class="section-name">Acknowledgements</a></h2><p>Thanks.</p></section>
</body></html>"""

IANA_XML = """<?xml version='1.0' encoding='UTF-8'?>
<registry xmlns="http://www.iana.org/assignments" id="websocket"><title>Registries</title>
{registries}
<people><person id="Ann_Kettle"><name>Ann Kettle</name></person></people></registry>"""
IANA_NAMES = (
    "extension-name",
    "subprotocol-name",
    "version-number",
    "close-code-number",
    "opcode",
    "framing-header-bits",
)


def iana_xml(names: tuple[str, ...] = IANA_NAMES) -> str:
    """The XML with one small row in each registry."""
    one = """<registry id="{name}"><title>Cups {name}</title><registration_rule>First Come</registration_rule>
    <note>See <xref type="rfc" data="rfc9998"/>, which explains
    it.</note><record><value>7</value><description>Seven | eight</description><status/>
    <contact><xref type="person" data="Ann_Kettle"/></contact><xref type="rfc" data="rfc9998"/>
    <xref type="uri" data="https://tea.example">Tea</xref></record></registry>"""
    return IANA_XML.format(registries="\n".join(one.format(name=name) for name in names))


MDN_INTRO = (
    '<div class="notecard note"><p><strong>Note:</strong> Hot.</p></div><p>The <code>pour()</code> method pours.</p>'
)
MDN_CODE = (
    '<div class="code-example"><div class="example-header"><span class="language-name">js</span></div>'
    '<pre class="brush: js notranslate"><code>pour(1)\npour(2)\n</code></pre></div>'
)
MDN_PARAMETERS = (
    '<dl><dt id="a"><code>amount</code> <span class="badge inline optional">Optional</span></dt>'
    "<dd><p>How much, a number.</p><ul><li>One.</li><li>Two.</li></ul></dd></dl>"
)
MDN_TABLE = (
    '<figure class="table-container"><table><thead><tr><th>Code</th><th>Meaning</th></tr></thead>'
    "<tbody><tr><td>1</td><td>One</td></tr></tbody></table></figure>"
)
_MDN_BODY = (
    (None, None, False, MDN_INTRO),
    ("syntax", "Syntax", False, MDN_CODE),
    ("parameters", "Parameters", True, MDN_PARAMETERS),
    ("codes", "The <code>codes</code>", False, MDN_TABLE),
)


def mdn_json(slug: str = "Web/API/Teapot/pour") -> str:
    """A page as data."""
    body = [
        {"type": "prose", "value": {"id": i, "title": title, "isH3": inner, "content": content}}
        for i, title, inner, content in _MDN_BODY
    ]
    body.append({"type": "specifications", "value": {"id": "specifications", "title": "Specifications"}})
    toc = [{"id": i, "text": title} for i, title, inner, _ in _MDN_BODY if i and not inner]
    doc = {"title": "Teapot: pour() method", "mdn_url": f"/en-US/docs/{slug}", "body": body, "toc": toc}
    return json.dumps({"doc": doc})


def mdn_html(slug: str = "Web/API/Teapot/pour") -> str:
    """The same page for a browser, with the furniture around it."""
    sections = "".join(
        f'<section class="content-section" aria-labelledby="{i}"><!--lit--><h{3 if inner else 2} id="{i}">'
        f'<a class="heading-anchor" href="#{i}">{title}</a></h{3 if inner else 2}>{content}</section>'
        for i, title, inner, content in _MDN_BODY
        if i
    )
    return (
        "<!DOCTYPE html><html><head><title>Teapot | MDN</title><style>p {}</style>"
        f'<link rel="canonical" href="https://developer.mozilla.org/en-US/docs/{slug}"></head><body><nav>Menu</nav>'
        '<main id="content"><div><h1>Teapot: pour() method</h1><details class="baseline-indicator">Widely</details>'
        f'<section class="content-section">{MDN_INTRO}</section></div><aside>In this article</aside>{sections}'
        '<section class="content-section" aria-labelledby="specifications"><h2 id="specifications">Specifications</h2>'
        "<table><thead><tr><th> Specification </th></tr></thead><tbody><tr><td>Tea</td></tr></tbody></table></section>"
        '<section class="content-section article-footer"><h2>Help improve MDN</h2></section></main></body></html>'
    )


SOURCES = """
[[source]]
id = "rfc9998"
kind = "rfc"
title = "The Teapot Protocol"
url = "https://editor.example/rfc/rfc9998.txt"
html = "https://editor.example/rfc/rfc9998.html"
datatracker = "https://tracker.example/doc/html/rfc9998"
licence = "free"
attribution = "A. Kettle"
sha256 = "{sha256}"
sections = 5

[[source]]
id = "mdn"
kind = "mdn"
title = "MDN"
base = "https://mdn.example/en-US/docs/"
licence = "CC-BY-SA 2.5"
attribution = "Mozilla Contributors"
pages = ["Web/API/Teapot/pour"]

[[source]]
id = "iana"
kind = "iana"
title = "Registries"
url = "https://iana.example/websocket.xml"
licence = "CC0 1.0"
attribution = "IANA"
"""

TEXT, HTML, TRACKER = (
    "/editor.example/rfc/rfc9998.txt",
    "/editor.example/rfc/rfc9998.html",
    "/tracker.example/doc/html/rfc9998",
)
MDN_JSON = "/mdn.example/en-US/docs/Web/API/Teapot/pour/index.json"
MDN_HTML = "/mdn.example/en-US/docs/Web/API/Teapot/pour"
IANA = "/iana.example/websocket.xml"


def use_sources(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the small documents the ones that ``corpus/sources.toml`` names."""
    write_sources(folder)
    small = sources.load(folder / "sources.toml")
    monkeypatch.setattr(sources, "load", lambda path=None: small)
    monkeypatch.delenv("WS_MCP_OFFLINE", raising=False)


def write_sources(folder: Path) -> None:
    """``sources.toml`` in ``folder``."""
    digest = hashlib.sha256(RFC_TEXT.encode()).hexdigest()
    (folder / "sources.toml").write_text(SOURCES.format(sha256=digest))


def write_mirror(root: Path) -> None:
    """All small documents as HOST/PATH under ``root``."""
    documents = {
        TEXT: RFC_TEXT,
        HTML: rfc_html(),
        TRACKER: rfc_html("<h2>{}</h2>"),
        MDN_JSON: mdn_json(),
        IANA: iana_xml(),
    }
    documents[f"{MDN_HTML}/index.html"] = mdn_html()
    for path, text in documents.items():
        file = root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
