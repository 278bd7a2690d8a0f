"""Reads lines "reference degraded" on standard input, each a file of 16 bit samples at 16 kHz, and prints the wideband PESQ of each
(ITU-T P.862.2, MOS-LQO), or "nan" where there is no speech to compare. Needs the packages pesq and numpy."""
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy
from pesq import NoUtterancesError, pesq


def score(line):
    reference, degraded = (numpy.fromfile(name, dtype="<i2") for name in line.split())
    try:
        return pesq(16000, reference, degraded, "wb")
    except (NoUtterancesError, ValueError):  # the latter of silence
        return float("nan")


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        for mos in pool.map(score, sys.stdin.read().splitlines(), chunksize=8):
            print(f"{mos:.4f}", flush=True)
