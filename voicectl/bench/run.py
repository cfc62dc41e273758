"""One benchmark from the script's questions to the document."""

from collections.abc import Callable
from typing import Any

from voicectl.bench.about import describe_run
from voicectl.bench.job import bench_job, longest_bench_s
from voicectl.bench.questions import questions_of
from voicectl.bench.report import report
from voicectl.logs.join_call import join_record
from voicectl.phases.call import place_call
from voicectl.render.places import Places


def run_bench(places: Places, *, calls: int, turns: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Ask that many questions over that many calls and describe what was measured.

    Raises:
        ServiceError: the script holds nothing to ask.
        CallError: the phone could not be used at all.
    """
    job = bench_job(questions_of(places.script, turns), min(calls, turns))
    placed = place_call(places, job, timeout_s=longest_bench_s(job), progress=progress)
    documents = [join_record(one, places.state / "calls.db") for one in placed.get("calls", [placed])]
    return report(documents, about=describe_run(places.settings))
