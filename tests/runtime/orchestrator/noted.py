"""A timeline that is only a list."""


class Noted:
    """Stands where a call's `Note` would."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def __call__(self, name: str, **detail: object) -> None:
        """Take it down."""
        self.events.append((name, detail))

    @property
    def names(self) -> list[str]:
        """What happened."""
        return [name for name, _ in self.events]


def unnoted(name: str, **detail: object) -> None:
    """For a test that does not ask what was noted."""
    assert all((name, *detail))


async def looks_well(_: object) -> None:
    """A probe that always succeeds: after two seconds a failing engine is asked again."""
