"""Top eigenvalues and trace of a Hessian by PyHessian and by curvlinops with SciPy, on weights and a batch from this module.

Arguments: a folder with setting.json (shapes of the dense layers, examples, k, tolerance, samples) and the float64 numbers
weights.bin, images.bin and int32 labels.bin. Prints one JSON object by tool.
"""

import importlib
import json
import sys
import time

import curvlinops
import numpy as np
import scipy.sparse.linalg
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
pyhessian = importlib.import_module("pyhessian.hessian")  # the package has a class of that name in its place


def load(folder):
    """The network and its batch. A dense layer is stored as weights [in, out], then biases."""
    with open(f"{folder}/setting.json") as f:
        s = json.load(f)
    weights = torch.from_numpy(np.fromfile(f"{folder}/weights.bin"))
    layers, at = [nn.Flatten()], 0
    for i, (inputs, outputs) in enumerate(s["layers"]):
        dense = nn.Linear(inputs, outputs)
        with torch.no_grad():
            dense.weight.copy_(weights[at : at + inputs * outputs].reshape(inputs, outputs).T)
            dense.bias.copy_(weights[at + inputs * outputs : at + (inputs + 1) * outputs])
        at += (inputs + 1) * outputs
        layers += [dense, nn.ReLU()] if i + 1 < len(s["layers"]) else [dense]
    x = torch.from_numpy(np.fromfile(f"{folder}/images.bin")).reshape(s["examples"], -1)
    y = torch.from_numpy(np.fromfile(f"{folder}/labels.bin", dtype=np.int32)).long()
    return s, nn.Sequential(*layers), x, y


def report(eigenvalues, products, seconds, traces, trace_seconds, loss):
    """traces are single samples of the trace."""
    error = float(np.std(traces, ddof=1) / np.sqrt(len(traces)))
    return {
        "eigenvalues": [float(e) for e in eigenvalues], "products": products, "seconds": seconds,
        "trace": float(np.mean(traces)), "trace_error": error, "trace_seconds": trace_seconds, "loss": float(loss),
    }


def with_pyhessian(s, model, x, y):
    products = 0
    original = pyhessian.hessian_vector_product

    def counted(*args):
        nonlocal products
        products += 1
        return original(*args)

    pyhessian.hessian_vector_product = counted
    criterion = nn.CrossEntropyLoss()
    start = time.perf_counter()
    hessian = pyhessian.hessian(model, criterion, data=(x, y), cuda=False)
    values, _ = hessian.eigenvalues(maxIter=2_000, tol=s["tolerance"], top_n=s["k"])
    seconds, spent = time.perf_counter() - start, products
    start = time.perf_counter()
    traces = hessian.trace(maxIter=s["samples"], tol=0)
    return report(values, spent, seconds, traces, time.perf_counter() - start, criterion(model(x), y))


def with_curvlinops(s, model, x, y):
    criterion, products = nn.CrossEntropyLoss(), 0
    start = time.perf_counter()
    hessian = curvlinops.HessianLinearOperator(model, criterion, list(model.parameters()), [(x, y)], check_deterministic=False)
    operator = hessian.to_scipy()

    def apply(v):
        nonlocal products
        products += 1
        return operator @ v

    counted = scipy.sparse.linalg.LinearOperator(operator.shape, matvec=apply, dtype=np.float64)
    values = scipy.sparse.linalg.eigsh(counted, s["k"], which="LM", tol=s["tolerance"], return_eigenvectors=False)
    seconds, spent = time.perf_counter() - start, products
    random, start = np.random.default_rng(0), time.perf_counter()
    traces = []
    for _ in range(s["samples"]):  # curvlinops.hutchinson_trace gives the mean without its error
        z = random.choice([-1.0, 1.0], operator.shape[0])
        traces.append(z @ (operator @ z))
    return report(sorted(values, key=abs, reverse=True), spent, seconds, traces, time.perf_counter() - start, criterion(model(x), y))


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the layers are too small to gain from more
    answer = {}
    for name, measure in {"PyHessian": with_pyhessian, "curvlinops + scipy eigsh": with_curvlinops}.items():
        print("measuring with", name, file=sys.stderr)
        answer[name] = measure(*load(sys.argv[1]))
    print(json.dumps(answer))


main()
