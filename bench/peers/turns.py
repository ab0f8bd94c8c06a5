"""The protocol between the bench, which is written in Go, and a library's worker.

The worker gets its setting as one JSON argument, builds and warms up its methods, and prints a line that says what it is.
Then it makes one turn for each line on standard input: every method trains a few steps, and a line says what a step took.
"""

import json
import os
import statistics
import sys
import time


class Method:
    """A method: step(kind) makes one training step and waits for it; schedule(i) names the kind of the i-th step."""

    def __init__(self, step, cycle=("plain",)):
        self.step, self.cycle, self.done = step, cycle, 0

    def train(self, steps):
        """Times and processor times (of all threads) of that many steps, by kind."""
        times = {}
        for _ in range(steps):
            kind = self.cycle[self.done % len(self.cycle)]
            start, cpu = time.perf_counter(), time.process_time()
            self.step(kind)
            times.setdefault(kind, []).append((time.perf_counter() - start, time.process_time() - cpu))
            self.done += 1
        return times

    def turn(self, steps):
        """Seconds of a step and of its processor time: the median of each kind, weighted with its share of the schedule. A cycle and a step are not timed."""
        whole = -(-steps // len(self.cycle)) * len(self.cycle)
        self.train(len(self.cycle) + 1)
        kinds = self.train(whole).values()
        return [sum(len(t) * statistics.median(x[i] for x in t) for t in kinds) / whole for i in (0, 1)]


def setting():
    """What is to be timed: model, methods, image (height, width, channels), classes, batch, steps, device, dtype, lr, momentum, weight_decay, rho, ..."""
    return json.loads(sys.argv[1])


def cpus():
    """The number of CPUs that the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def serve(library, parameters, methods, steps):
    """Warms up and then makes turns until standard input ends."""
    for method in methods.values():
        method.train(2 * len(method.cycle))  # the first cycle may lack its refresh
    tell({"library": library, "parameters": parameters, "methods": list(methods)})
    for _ in sys.stdin:
        turns = {name: method.turn(steps) for name, method in methods.items()}
        tell({"seconds": {name: t[0] for name, t in turns.items()}, "cpu_seconds": {name: t[1] for name, t in turns.items()}})


def tell(message):
    print(json.dumps(message), flush=True)
