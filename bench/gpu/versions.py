"""Prints the versions of what the bench uses, and in the last line, after "libraries", those that can use the device
(argument cpu or cuda), with commas between."""

import importlib
import importlib.metadata
import os
import platform
import sys
import traceback

NAMES = ("torch", "triton", "jax", "jaxlib", "optax", "numpy")


def pytorch(device):
    import torch

    x = torch.ones(8, 8, device=device)
    print("PyTorch:", torch.__version__, "CUDA", torch.version.cuda, "cuDNN", torch.backends.cudnn.version())
    print("TF32 in convolutions:", torch.backends.cudnn.allow_tf32)
    print("TF32 in products:", torch.backends.cuda.matmul.allow_tf32)
    return float((x @ x).sum()) == 512


def jax(device):
    jax = importlib.import_module("jax")
    importlib.import_module("optax.contrib")
    jax.config.update("jax_platforms", device)
    x = jax.numpy.ones((8, 8))
    print("JAX:", jax.__version__, jax.devices())
    return float((x @ x).sum()) == 512


def main():
    print("Python", platform.python_version(), "on", platform.platform(), "glibc", platform.libc_ver()[1])
    print(len(os.sched_getaffinity(0)), "processors")
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"] or ""
        if name in NAMES or name.startswith(("jax-cuda", "jax_cuda", "nvidia-", "nvidia_")):
            print(name, package.version)
    usable = []
    for library in (pytorch, jax):
        try:
            if library(sys.argv[1]):
                usable.append(library.__name__)
        except Exception:  # whatever keeps it from being used is what is to be known
            traceback.print_exc(file=sys.stdout)
    print("libraries", ",".join(usable))


main()
