"""Descriptions of jobs as HTML that a page can show as it is."""

import html
import re

import nh3
from markdown_it import MarkdownIt

# Without images: loading one reveals the reader's address.
TAGS = nh3.ALLOWED_TAGS - {"area", "img", "map"}
# With any of these the text is HTML; "the <table> tag", "a<b and c>d" and "List<String>" are not.
_HTML = re.compile(rf"</(?:{'|'.join(sorted(TAGS | {'font'}))})\s*>|<br\s*/?>", re.IGNORECASE)
# Google Docs wraps what is copied in this, which is not bold.
_NORMAL_BOLD = re.compile(r"<b\b(?=[^<>]*font-weight:\s*normal)[^<>]*>", re.IGNORECASE)
# With none of these its line ends are line breaks.
_BLOCK = re.compile(r"<(?:br|p|div|ul|ol|dl|table|h[1-6]|pre|blockquote)\b", re.IGNORECASE)
# Ends a line where the elements themselves are left out.
_LINE_END = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr|/dt|/dd|/pre|/blockquote)\b[^<>]*>", re.IGNORECASE)
_UNSHOWN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
# The last one may be cut.
_TAG = re.compile(r"<[a-z/!][^<>]*(?:>|$)", re.IGNORECASE)
# Parsing takes quadratic time in the number of open elements: 0.3 s for this many.
MAX_TAGS = 1_000

# People indent paragraphs; none of them means code.
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["code", "image"])


def render_html(text: str) -> str:
    """Return a description as safe HTML.

    A text with the end of an element, or <br>, is HTML; all others are Markdown, in which each line end is a line
    break. Keeps the elements of TAGS, and of the attributes `dir`, `start`, and `href` with http, https or mailto. HTML
    with more than MAX_TAGS tags is shown as plain text. Takes up to 0.5 s for 20,000 letters, so it is for single jobs,
    not for lists.
    """
    if not _HTML.search(text):
        text = _markdown.render(text)
    elif text.count("<") > MAX_TAGS:
        return f"<p>{_with_breaks(html.escape(text))}</p>"
    elif not _BLOCK.search(text):
        text = _with_breaks(text)
    return nh3.clean(
        _NORMAL_BOLD.sub("", text),
        tags=TAGS,
        attributes={"*": {"dir"}, "a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        # A relative link would lead to the site that shows the page.
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


def _with_breaks(text: str) -> str:
    return "<br>\n".join(text.splitlines())


def flat_html(text: str) -> str:
    """Return a description as HTML of lines alone, in time that grows with its length only: for feeds of thousands.

    HTML loses emphasis, lists and links; Markdown stays as it is typed.
    """
    if _HTML.search(text):
        text = _UNSHOWN.sub("", text)
        if _BLOCK.search(text):
            text = " ".join(text.split())
        lines = html.unescape(_TAG.sub("", _LINE_END.sub("\n", text))).splitlines()
        text = "\n".join(filter(None, map(str.strip, lines)))
    return _with_breaks(html.escape(text.strip(), quote=False))
