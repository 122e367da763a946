"""Validation of PDF files.

The file is not parsed in depth, and no stream in it is decompressed: its header, its end, its catalogue and whether it
is encrypted can be read from plain bytes (ISO 32000-1, 7.5).
"""

import re

HEADER = b"%PDF-"
NOT_A_PDF = "This is not a PDF file."

# Every PDF ends with "startxref", the offset of the last cross-reference section, and "%%EOF".
_TAIL = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z")
_TAIL_BYTES = 1_024
# Start of the cross-reference section: an object with a stream, or a table that a trailer follows.
_XREF_STREAM = re.compile(rb"\s*\d+\s+\d+\s+obj\b")
_XREF_TABLE = re.compile(rb"\s*xref\b")


class InvalidPDF(ValueError):
    """The file is not a valid PDF; the message says why."""


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
    if b"/Encrypt" in trailer:
        raise InvalidPDF("The PDF is encrypted. Please upload a PDF without a password.")
    if b"/Root" not in trailer:
        raise InvalidPDF("The PDF is damaged: it has no catalogue of pages.")


def _trailer(data: bytes) -> bytes:
    tail = _TAIL.search(data, max(0, len(data) - _TAIL_BYTES))
    if tail is None:
        raise InvalidPDF("The PDF is damaged or incomplete: its end is missing.")
    offset = int(tail[1])
    if table := _XREF_TABLE.match(data, offset):
        return _between(data, b"trailer", b"startxref", table.end())
    if stream := _XREF_STREAM.match(data, offset):
        return _between(data, b"<<", b"stream", stream.end())
    raise InvalidPDF("The PDF is damaged: its table of contents is missing.")


def _between(data: bytes, start: bytes, end: bytes, offset: int) -> bytes:
    # Two plain searches: a malicious file could make a regular expression extremely slow.
    first = data.find(start, offset)
    last = data.find(end, first)
    if first < 0 or last < 0:
        raise InvalidPDF("The PDF is damaged: its table of contents is incomplete.")
    return data[first:last]
