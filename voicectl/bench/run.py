"""One benchmark from its questions to the document."""

from collections.abc import Callable, Sequence
from typing import Any

from voicectl.bench.about import describe_run
from voicectl.bench.job import bench_job, longest_bench_s
from voicectl.bench.report import report
from voicectl.logs.join_call import join_record
from voicectl.phases.call import place_call
from voicectl.render.places import Places


def run_bench(
    places: Places, questions: Sequence[str], *, calls: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Ask these questions over that many calls and describe what was measured.

    Raises:
        CallError: the phone could not be used at all.
    """
    job = bench_job(questions, min(calls, len(questions)))
    placed = place_call(places, job, timeout_s=longest_bench_s(job), progress=progress)
    documents = [join_record(one, places.state / "calls.db") for one in placed.get("calls", [placed])]
    return report(documents, about=describe_run(places.settings))
