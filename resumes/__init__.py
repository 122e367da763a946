"""Resumes: upload, private files and signed links."""
