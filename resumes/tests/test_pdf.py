"""Validation of PDF files, and how long it takes."""

import re
import time
import zlib

import pytest

from anywork.local.pdf import make_pdf
from resumes.pdf import InvalidPDF, check_pdf

PDF = make_pdf("Ben Carson", "Software Engineer")
MIB = 1024 * 1024


def ending(offset, keyword=b"startxref"):
    return keyword + b"\n%d\n%%%%EOF\n" % offset


def with_trailer(entries):
    return PDF.replace(b"/Root 1 0 R", entries)


def with_xref_stream(entries=b"/Root 1 0 R"):
    """Return a PDF 1.5 whose cross-reference table is a compressed stream."""
    body = b"%PDF-1.5\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    table = zlib.compress(b"\x00" * 16)
    head = b"<< /Type /XRef /Size 2 %s /W [1 2 1] /Filter /FlateDecode /Length %d >>" % (entries, len(table))
    return body + b"2 0 obj\n" + head + b"\nstream\n" + table + b"\nendstream\nendobj\n" + ending(len(body))


def linearised():
    """Return a PDF whose first cross-reference table stands near its beginning, as for fast web view."""
    head = b"%PDF-1.4\n1 0 obj\n<< /Linearized 1 >>\nendobj\n"
    first = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 5 /Root 1 0 R /Prev 999 >>\nstartxref\n0\n%%EOF\n"
    rest = b"3 0 obj\n(/Encrypt is but a word here)\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 5 >>\n"
    return head + first + rest + ending(len(head))


def updated():
    """Return a PDF with a second revision behind the first."""
    changed = PDF + b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    table = b"xref\n1 1\n%010d 00000 n \ntrailer\n<< /Size 5 /Root 1 0 R /Prev 9 >>\n" % len(PDF)
    return changed + table + ending(len(changed))


@pytest.mark.parametrize(
    "data",
    [
        PDF,
        with_xref_stream(),
        linearised(),
        updated(),
        PDF.rstrip(),
        PDF + b"\r\n\r\n",
        PDF.rstrip() + b"\0" * 1_024,
        PDF + b"%%EOF\n",
        PDF + b"<!-- sent by a mail gateway -->",
        PDF.replace(b"\n%%EOF", b"\r\n%%EOF"),
        with_trailer(b"/Root 1 0 R /Info 4 0 R /ID [<00><00>]"),
        with_trailer(b"/Root 1 0 R\r\n/Prev 9"),
    ],
    ids=[
        "plain",
        "xref-stream",
        "linearised",
        "updated",
        "no-newline",
        "newlines",
        "zeros",
        "second-end",
        "footer",
        "windows",
        "info",
        "prev",
    ],
)
def test_pdf_is_accepted(data):
    check_pdf(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "The file is empty."),
        (b"%PDF", "This is not a PDF file."),
        (b"\n" + PDF, "This is not a PDF file."),
        (b"junk" * 100 + PDF, "This is not a PDF file."),
        (b"<!DOCTYPE html><html><body>%PDF-1.4</body></html>", "This is not a PDF file."),
        (b"\x7fELF" + PDF, "This is not a PDF file."),
        (b"PK\x03\x04" + PDF, "This is not a PDF file."),
        (b"%PDF-1.4\n", "its end is missing"),
        (b"%PDF-1.4\n<script>alert(1)</script>", "its end is missing"),
        (PDF[:-8], "its end is missing"),
        (PDF[: len(PDF) // 2], "its end is missing"),
        (PDF.rstrip() + b"x" * 1_025, "its end is missing"),
        (PDF.replace(b"startxref", b"startxrex"), "its end is missing"),
        (b"%PDF-1.4\n" + ending(0), "its table of contents is missing"),
        (b"%PDF-1.4\n" + ending(9_999_999_999), "its table of contents is missing"),
        (b"%PDF-1.4\nstartxref\n" + b"9" * 500 + b"\n%%EOF\n", "its end is missing"),
        (b"%PDF-1.4\nstartxref\n-9\n%%EOF\n", "its end is missing"),
        (b"%PDF-1.4\nxref\n0 1\n" + ending(9), "its table of contents is incomplete"),
        (b"%PDF-1.4\n1 0 obj\n<< /Root 1 0 R >>\nendobj\n" + ending(9), "its table of contents is incomplete"),
        (PDF.replace(b"trailer", b"traiier"), "its table of contents is incomplete"),
        (with_trailer(b""), "it has no catalogue of pages"),
        (with_xref_stream(b""), "it has no catalogue of pages"),
        (with_trailer(b"/Root 1 0 R /Encrypt 5 0 R"), "protected (against opening, copying or printing)"),
        (with_trailer(b"/Encrypt<</Filter/Standard>>/Root 1 0 R"), "protected (against opening, copying or printing)"),
        (with_xref_stream(b"/Root 1 0 R /Encrypt 5 0 R"), "protected (against opening, copying or printing)"),
    ],
)
def test_other_file_is_refused_with_a_reason(data, problem):
    with pytest.raises(InvalidPDF, match=re.escape(problem)):
        check_pdf(data)


@pytest.mark.parametrize("entry", [b"/Encrypt null", b"/EncryptMetadata true"])
def test_trailer_without_encryption_is_accepted(entry):
    check_pdf(with_trailer(b"/Root 1 0 R " + entry))


def test_content_that_mentions_encryption_is_accepted():
    check_pdf(make_pdf("I know /Encrypt and trailer by heart"))


def test_no_stream_is_decompressed():
    bomb = zlib.compress(b"\x00" * 50 * MIB)
    stream = b"3 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + bomb + b"\nendstream\nendobj\n"
    data = PDF.replace(b"xref\n0", stream + b"xref\n0", 1)
    data = re.sub(rb"startxref\s+\d+", b"startxref\n%d" % data.rindex(b"xref\n0 "), data)

    started = time.process_time()
    check_pdf(data)

    assert time.process_time() - started < 0.02  # inflating takes several times as long


@pytest.mark.parametrize(
    "filling",
    [
        b"trailer<<",
        b"trailer ",
        b"trailer",
        b"<<",
        b" ",
        b"\n",
        b"1",
        b"1 ",
        b"1 0 obj",
        b"1 0 obj<<",
        b"xref",
        b"stream",
    ],
)
@pytest.mark.parametrize("opening", [b"", b"xref\n", b"xref\ntrailer", b"1 0 obj", b"1 0 obj<<"])
def test_malicious_file_is_checked_quickly(opening, filling):
    data = b"%PDF-1.4\n" + opening + filling * (MIB // len(filling)) + ending(9, b"xstartxref")

    started = time.process_time()
    with pytest.raises(InvalidPDF):
        check_pdf(data)

    assert time.process_time() - started < 0.5  # a regular expression took minutes
