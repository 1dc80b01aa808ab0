"""Attacks the project's own API: who gets in, and what of one organization another one sees."""

from .auditing import audit
from .report import AuditReport, Finding, Row

__all__ = ["AuditReport", "Finding", "Row", "audit"]
