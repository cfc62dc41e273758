"""Why one source could not give a model; the next one is tried."""


class SourceFailedError(Exception):
    """The reason, for the operator, without the name of the source."""
