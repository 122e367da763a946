"""Validation of PDF files.

The file is not parsed in depth, and no stream in it is decompressed: its header, its end, its catalogue and whether it
is encrypted can be read from plain bytes (ISO 32000-1, 7.5).
"""

import re

HEADER = b"%PDF-"
NOT_A_PDF = "This is not a PDF file."
# Many of these open without a password.
PROTECTED = (
    "This PDF is protected (against opening, copying or printing). Print or export it to a new PDF and upload that."
)

# Every PDF ends with "startxref", the offset of the last cross-reference section, and "%%EOF". Mail programs and web
# servers append to files, so readers look for the end in the last 1,024 bytes (ISO 32000-1, annex H.3).
_END = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
_TAIL_BYTES = 1_024
# Start of the cross-reference section: an object with a stream, or a table that a trailer follows.
_XREF_STREAM = re.compile(rb"\s*\d+\s+\d+\s+obj\b")
_XREF_TABLE = re.compile(rb"\s*xref\b")
_ENCRYPTED = re.compile(rb"/Encrypt\b(?!\s*null\b)")


class InvalidPDF(ValueError):
    """The file is not a valid PDF; the message says why."""


def damaged(reason: str) -> InvalidPDF:
    return InvalidPDF(f"The PDF is damaged or incomplete: {reason}. Save it anew as PDF.")


def check_pdf(data: bytes) -> None:
    """Check that `data` is a complete, unencrypted PDF.

    Raises:
        InvalidPDF: it is not.
    """
    if not data:
        raise InvalidPDF("The file is empty.")
    if not data.startswith(HEADER):
        raise InvalidPDF(NOT_A_PDF)
    trailer = _trailer(data)
    if _ENCRYPTED.search(trailer):
        raise InvalidPDF(PROTECTED)
    if b"/Root" not in trailer:
        raise damaged("it has no catalogue of pages")


def _trailer(data: bytes) -> bytes:
    # 1,024 bytes after "%%EOF", and as many for the startxref before it.
    ends = list(_END.finditer(data, max(0, len(data) - 2 * _TAIL_BYTES)))
    if not ends or len(data) - ends[-1].end() > _TAIL_BYTES:
        raise damaged("its end is missing")
    offset = int(ends[-1][1])
    if table := _XREF_TABLE.match(data, offset):
        return _between(data, b"trailer", b"startxref", table.end())
    if stream := _XREF_STREAM.match(data, offset):
        return _between(data, b"<<", b"stream", stream.end())
    raise damaged("its table of contents is missing")


def _between(data: bytes, start: bytes, end: bytes, offset: int) -> bytes:
    # Two plain searches: a malicious file could make a regular expression extremely slow.
    first = data.find(start, offset)
    last = data.find(end, first)
    if first < 0 or last < 0:
        raise damaged("its table of contents is incomplete")
    return data[first:last]
