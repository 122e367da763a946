"""Resumes: what a PDF must be, and who may open it."""
