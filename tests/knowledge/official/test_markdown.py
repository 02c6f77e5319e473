"""HTML becomes Markdown with the same words, in bounded time."""

from __future__ import annotations

import time

import pytest

from ws_mcp.knowledge.official.markdown import soup, to_markdown
from ws_mcp.knowledge.official.text import DocumentError


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("loose <b>bold</b> words<p>and a\n paragraph</p>more", "loose **bold** words\n\nand a paragraph\n\nmore"),
        ("<p>a<strong> b </strong>c<em>d</em><code>x_y</code></p>", "a **b** c*d*`x_y`"),
        ("<p>one<br>two &amp; &lt;three&gt;&nbsp;four</p>", "one two & <three> four"),
        ("<p>a <code>`</code> tick</p>", "a `` ` `` tick"),
        ("<p>see <a href='/x'>the <code>x</code> page</a>.<!-- no --></p>", "see the `x` page."),
        ("<h4>Why</h4><p>Because.</p>", "#### Why\n\nBecause."),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<div class='notecard warning'><p><strong>Warning:</strong> hot</p></div>", "> **Warning:** hot"),
        ("<ol start='3'><li>a</li><li><p>b</p><p>c</p></li></ol>", "3. a\n4. b\n\n   c"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n\n  - b"),
        ("<dl><dt>a<dd>b<dl><dt>c<dd>d</dl></dl>", "- a\n  b\n\n  - c\n    d"),
        ("<table><tr><th>a<td>b<tr><th>c</table>", "|  |  |\n| --- | --- |\n| a | b |\n| c |  |"),
        ("<table></table><p>after</p>", "after"),
        ("<pre class='lang-http-message'>\n  A: b\n\n  C: d\n</pre>", "```http-message\n  A: b\n\n  C: d\n```"),
        ("<p>a</p><script>b</script><style>c</style><template>d</template><a class='pilcrow'>¶</a>", "a"),
        ("<p>a <img alt='picture' src='x'> b</p>", "a picture b"),
    ],
)
def test_elements_become_markdown(html: str, text: str) -> None:
    assert to_markdown(soup(html)) == text


@pytest.mark.parametrize("tag", ["<b>", "<ul><li>", "<table><tr><td>", "<dl><dt>a<dd>", "<div>"])
def test_deep_nesting_is_refused_quickly(tag: str) -> None:
    start = time.monotonic()
    with pytest.raises(DocumentError, match="deeper"):
        soup(tag * 20_000)
    assert time.monotonic() - start < 10


def test_more_tags_than_any_document_has_are_refused_unread() -> None:
    with pytest.raises(DocumentError, match="more tags"):
        soup("<p>x" * 200_000)
