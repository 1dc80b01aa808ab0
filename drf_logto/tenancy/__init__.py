"""Rows of one organization."""

from ..organization_sources.named import Header, Host, UrlKeyword

__all__ = ["Header", "Host", "UrlKeyword"]
