"""Descriptions of jobs as HTML that a page can show as it is."""

import html
import re

import nh3
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options

# Without pictures, which tell their server of every reader.
TAGS = nh3.ALLOWED_TAGS - {"area", "img", "map"}
# With any of these the text is HTML; "List<String>" and "x < 5" are not.
_HTML = re.compile(rf"</?(?:{'|'.join(sorted(TAGS | {'font'}))})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_TAG_LIKE = re.compile(r"<(?=[a-z/!?])(?!https?://|mailto:)", re.IGNORECASE)
# More than three spaces would make a paragraph code.
_INDENTATION = re.compile(r"^[ \t]{4,}|^ *\t[ \t]*", re.MULTILINE)

# Both libraries take quadratic time for deeply nested elements: 20,000 ">" took 1.5 s. These numbers take up to 4 ms.
MAX_TAGS = 1_000
MAX_MARKS = 500
_MARK = re.compile(r"[<>\[*_`~|&]")


def render_html(text: str) -> str:
    """Return a description as safe HTML: from HTML, or else from Markdown, in which each line end is a line break.

    Left are the elements of TAGS, without attributes but for links to http, https and mailto. A text with more than
    MAX_TAGS tags, or MAX_MARKS marks of Markdown, is shown as plain text.
    """
    is_html = bool(_HTML.search(text))
    if text.count("<") > MAX_TAGS if is_html else len(_MARK.findall(text)) > MAX_MARKS:
        return f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>"
    if not is_html:
        text = _INDENTATION.sub("   ", _TAG_LIKE.sub("&lt;", text))
        text = github_flavored_markdown_to_html(text, Options.CMARK_OPT_HARDBREAKS)
    return nh3.clean(
        text,
        tags=TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_keep_absolute_link,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _keep_absolute_link(tag: str, attribute: str, value: str) -> str | None:
    # A relative link would lead to the site that shows the page.
    is_kept = attribute != "href" or re.match(r"https?://|mailto:", value, re.IGNORECASE)
    return value if is_kept else None
