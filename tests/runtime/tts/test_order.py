"""Whoever runs out of sound first is served first."""

import asyncio
import threading

import pytest

from voicectl_runtime.tts.order import Order


class Thread:
    """Keeps the one thread busy until it is let go, and remembers who came after."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.let_go = threading.Event()
        self.said: list[str] = []

    def hold(self) -> asyncio.Task[bool]:
        """Occupy the thread."""
        return asyncio.create_task(self.order.run(0, lambda: self.let_go.wait(10)))

    def ask(self, due_s: float, name: str) -> asyncio.Task[None]:
        """Queue for it."""
        return asyncio.create_task(self.order.run(due_s, lambda: self.said.append(name)))


async def settled() -> None:
    """Let every task reach its wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_due_first_goes_first_and_else_who_came_first() -> None:
    """A caller who waits for a first sound is not kept waiting by somebody who has enough of it."""
    thread = Thread(Order())
    held = thread.hold()
    await settled()
    tasks = []
    for due_s, name in [(2, "a2"), (1, "b1"), (0, "c0"), (0, "d0"), (1, "e1")]:
        tasks.append(thread.ask(due_s, name))
        await settled()
    thread.let_go.set()
    await asyncio.gather(held, *tasks)
    assert thread.said == ["c0", "d0", "b1", "e1", "a2"]


async def test_who_leaves_the_queue_is_skipped() -> None:
    """And the rest of the queue goes on."""
    thread = Thread(Order())
    held = thread.hold()
    await settled()
    leaving, staying = thread.ask(0, "leaving"), thread.ask(1, "staying")
    await settled()
    leaving.cancel()
    thread.let_go.set()
    await asyncio.gather(held, staying)
    assert thread.said == ["staying"]


async def test_who_leaves_at_their_turn_passes_it_on() -> None:
    """A turn that was given but not taken is not lost."""
    order = Order()
    thread = Thread(order)
    held = thread.hold()
    await settled()
    leaving, staying = thread.ask(0, "leaving"), thread.ask(1, "staying")
    held.add_done_callback(lambda _: leaving.cancel())
    thread.let_go.set()
    await asyncio.gather(held, leaving, staying, return_exceptions=True)
    assert "staying" in thread.said
    await asyncio.wait_for(order.run(0, lambda: None), 10)


async def test_a_failure_is_the_asker_s_and_the_queue_goes_on() -> None:
    """One bad sentence does not silence the service."""
    order = Order()

    def fail() -> None:
        raise ValueError("no such phoneme")

    with pytest.raises(ValueError, match="phoneme"):
        await order.run(0, fail)
    assert await order.run(0, lambda: "spoken") == "spoken"
