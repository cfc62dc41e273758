"""What phases report, on the operator's screen."""

import time

from voicectl.console import Screen, is_interactive
from voicectl.errors import UsageError


class ScreenReporter:
    """Plain lines on stderr, each phase with the time at which it began; downloads say where they are now and then."""

    def __init__(self, screen: Screen, command: str) -> None:
        """Start the clock."""
        self._screen, self._command = screen, command
        self._started_s = self._told_s = time.monotonic()

    def phase(self, title: str) -> None:
        """A step begins."""
        self._screen.say(f"[{time.monotonic() - self._started_s:5.1f} s] {title}")

    def say(self, message: str) -> None:
        """Something happened."""
        self._screen.say(message)

    def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """Say where a download is, at most every two seconds."""
        now_s = time.monotonic()
        if now_s - self._told_s > 2 or done_bytes == total_bytes:  # noqa: PLR2004 - named in the docstring
            self._told_s = now_s
            self._screen.say(f"  {what}: {done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB")

    def ensure_somebody_is_there(self) -> None:
        """Refuse what would end in a question.

        Raises:
            UsageError: E107.
        """
        if not is_interactive():
            problem = "something would change, and there is nobody to ask"
            raise UsageError("E107", self._command, problem, fix=f"{self._command} --yes")

    def confirm(self, question: str) -> bool:
        """Ask for yes or no.

        Raises:
            UsageError: E107.
        """
        self.ensure_somebody_is_there()
        return self._ask(f"{question} [y/N] ").lower() in {"y", "yes"}

    def confirm_by_name(self, question: str, name: str) -> bool:
        """Ask for the name of what will be lost.

        Raises:
            UsageError: E107.
        """
        self.ensure_somebody_is_there()
        return self._ask(f"{question} Type {name} to go ahead: ") == name

    def _ask(self, question: str) -> str:
        import typer  # noqa: PLC0415 - only a question needs it

        return str(typer.prompt(question, prompt_suffix="", default="", show_default=False, err=True)).strip()
