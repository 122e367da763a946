"""What a PDF must be to be taken as a resume.

The file is never parsed in depth and no stream in it is ever inflated: that it begins and ends like a PDF, names its
catalogue and is not encrypted can be read in plain bytes (ISO 32000-1, 7.5).
"""

import re

HEADER = b"%PDF-"

# "startxref", the offset of the last cross-reference section and "%%EOF" close every PDF.
_TAIL = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z")
_TAIL_BYTES = 1_024
# Where the cross-reference section starts: as an object with a stream, or as a table with a trailer behind it.
_XREF_STREAM = re.compile(rb"\s*\d+\s+\d+\s+obj\b")
_XREF_TABLE = re.compile(rb"\s*xref\b")


class InvalidPDF(ValueError):
    """Why a file is not taken, for people to read."""


def check_pdf(data: bytes) -> None:
    """Check that `data` is a whole, unencrypted PDF.

    Raises:
        InvalidPDF: it is not.
    """
    if not data:
        raise InvalidPDF("The file is empty.")
    if not data.startswith(HEADER):
        raise InvalidPDF("This is not a PDF file.")
    trailer = _trailer(data)
    if b"/Encrypt" in trailer:
        raise InvalidPDF("The PDF is encrypted. Please upload one that opens without a password.")
    if b"/Root" not in trailer:
        raise InvalidPDF("The PDF is damaged: it names no pages.")


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
    # Two plain searches, not a regular expression, which hostile bytes can make slow beyond measure.
    first = data.find(start, offset)
    last = data.find(end, first)
    if first < 0 or last < 0:
        raise InvalidPDF("The PDF is damaged: its table of contents is incomplete.")
    return data[first:last]
