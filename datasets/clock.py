"""The time that goes into files: now, or SOURCE_DATE_EPOCH where byte-equal output is wanted."""

import os
from datetime import UTC, datetime


def utc_now() -> str:
    """ISO 8601 in UTC, whole seconds; reads SOURCE_DATE_EPOCH (reproducible-builds.org) first."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
