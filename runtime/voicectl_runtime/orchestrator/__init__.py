"""One asyncio process that holds every call."""

import os

# Read by numpy when it is first imported. The speech detector's products are small: more threads would only wait for
# each other, and take their cores from the engines.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
