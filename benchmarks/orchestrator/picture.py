"""The picture, with matplotlib: `python picture.py TURNS.csv PICTURE.svg` in Pipecat's environment."""

import csv
import sys
from collections import defaultdict

import matplotlib as mpl
import numpy as np

mpl.use("svg")
from matplotlib import pyplot as plt

COLOURS = {"pipecat": "#c0504d", "voicectl": "#1f6f8b"}


def main(turns, picture):
    """Added latency over calls on one core: p50 as a line, p99 as a dashed one."""
    added = defaultdict(list)
    with open(turns, newline="") as file:
        for turn in csv.DictReader(file):
            if turn["processes"] == "1":
                added[turn["system"], int(turn["calls"])].append(float(turn["added_ms"]))
    figure, axes = plt.subplots(figsize=(7, 4))
    for system, colour in COLOURS.items():
        calls = sorted(calls for name, calls in added if name == system)
        for percent, style in ((50, "-o"), (99, "--o")):
            values = [np.percentile(added[system, each], percent) for each in calls]
            axes.plot(calls, values, style, color=colour, label=f"{system} p{percent}", markersize=4)
    axes.axhline(60, color="grey", linewidth=0.8)
    axes.set(xlabel="calls on one core", ylabel="added latency (ms)", xscale="log", yscale="log")
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
