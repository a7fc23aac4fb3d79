"""One effect: written down before and after. What it does, and in which order, is the use cases' business."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from provision import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.survey import Job


OF_SINKS = {"deliver", "clear"}
"""Effects that the directory has no part in."""


@contextlib.contextmanager
def noted(job: Job, effect: str, target: str, key_id: str | None = None) -> Iterator[dict[str, str | None]]:
    """Journal lines around an effect of the directory or of a sink. What it learns goes into the dict it is given."""
    facts = {"key_id": key_id}
    job.journal.write(job.app.key, effect, target, "begins", **facts)
    try:
        yield facts
    except errors.StoppedError:
        job.journal.write(job.app.key, effect, target, "stopped", **facts)
        raise
    except errors.ProvisionError as error:
        told = {"request_id": error.request_id, "error": error.code}
        job.journal.write(job.app.key, effect, target, "failed", **facts, **told)
        raise
    if effect not in OF_SINKS:
        facts["request_id"] = job.directory.request_id
    job.journal.write(job.app.key, effect, target, "done", **facts)
