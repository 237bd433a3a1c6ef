"""Nhắc hạn chứng thư: warns 60, 30 and 7 days before a certificate ends, once each; looks every hour."""

from jobs import runner
from models import tokens_expiry

HOUR = 3600


@runner.every(HOUR)
def warn() -> None:
    """Write the warnings that are due; the notices go out with the others."""
    tokens_expiry.warn()
