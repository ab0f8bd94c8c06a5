"""Writes goldens.json: products and spectra of curvature matrices by JAX in float64.

    pip install jax numpy && python make_goldens.py > goldens.json

The nets are those of nets_test.go. Everything is taken from dense matrices: H = jax.hessian, G = mean of JᵢᵀBᵢJᵢ from
jax.jacobian and jax.hessian of the loss by the predictions, F = mean of gᵢgᵢᵀ from jax.jacobian of the single losses.
"""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

jax.config.update("jax_enable_x64", True)
rng = np.random.default_rng(4)


def draw(*shape):
    return rng.standard_normal(shape) / np.sqrt(np.prod(shape) ** 0.5)


def dense(w, name, x):
    return x @ w[f"/{name}/weights"] + w[f"/{name}/biases"]


def mlp(w, x):
    return dense(w, "output", jnp.tanh(dense(w, "hidden", x)))


def attention(w, x):
    tokens = x.reshape(-1, 2, 2)
    q, k, v = (tokens @ w[f"/{name}/weights"] for name in ("query", "key", "value"))
    mixed = jax.nn.softmax(q @ jnp.swapaxes(k, 1, 2), axis=-1) @ v
    return dense(w, "output", mixed.reshape(x.shape[0], -1))


def cnn(w, x):
    """Batch norm with the statistics of the batch."""
    x = jax.lax.conv_general_dilated(x, w["/conv/weights"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    mean = x.mean((0, 1, 2))
    variance = ((x - mean) ** 2).mean((0, 1, 2))
    x = jnp.tanh(w["/norm/scale"] * (x - mean) / jnp.sqrt(variance + 1e-5) + w["/norm/offset"])
    n, height, width, channels = x.shape
    x = x.reshape(n, height // 2, 2, width // 2, 2, channels).mean((2, 4))
    return dense(w, "output", x.reshape(n, -1))


def cross_entropy(z, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(z, axis=-1), y, axis=1)[:, 0]


def square(z, y):
    return ((z - y) ** 2).mean(axis=1)


def record(model, loss, weights, x, y):
    flat, unravel = ravel_pytree(weights)
    direction = {name: draw(*value.shape) for name, value in weights.items()}
    v, _ = ravel_pytree(direction)

    def predictions(p):
        return model(unravel(p), x)

    def mean_loss(p):
        return loss(predictions(p), y).mean()

    n = x.shape[0]
    hessian = jax.hessian(mean_loss)(flat)
    z = predictions(flat)
    jacobian = jax.jacobian(predictions)(flat).reshape(z.size, -1)
    b = jax.hessian(lambda q: loss(q, y).mean())(z).reshape(z.size, z.size)
    gradients = jax.jacobian(lambda p: loss(predictions(p), y))(flat)

    def named(p):
        return {name: np.asarray(value).ravel().tolist() for name, value in unravel(p).items()}

    return {
        "weights": {name: {"dims": list(value.shape), "data": np.asarray(value).ravel().tolist()} for name, value in weights.items()},
        "inputs": {"dims": list(x.shape), "data": np.asarray(x).ravel().tolist()},
        "labels": np.asarray(y).ravel().tolist(),
        "loss": float(mean_loss(flat)),
        "direction": named(v),
        "gradient": named(jax.grad(mean_loss)(flat)),
        "hessian_product": named(hessian @ v),
        "gauss_newton_product": named(jacobian.T @ (b @ (jacobian @ v))),
        "fisher_product": named(gradients.T @ (gradients @ v) / n),
        "hessian_eigenvalues": np.linalg.eigvalsh(np.asarray(hessian)).tolist(),
    }


hidden = {"/hidden/weights": draw(4, 5), "/hidden/biases": draw(5)}
output = {"/output/weights": draw(5, 3), "/output/biases": draw(3)}
classes = rng.integers(0, 3, (7, 1))
x = rng.standard_normal((7, 4))
heads = {f"/{name}/weights": draw(2, 3) for name in ("query", "key", "value")}
images = rng.standard_normal((4, 6, 6, 2))
goldens = {
    "mlp": record(mlp, cross_entropy, {**hidden, **output}, x, classes),
    "mlp mse": record(mlp, square, {**hidden, **output}, x, rng.standard_normal((7, 3))),
    "attention": record(
        attention, cross_entropy, {**heads, "/output/weights": draw(6, 3), "/output/biases": draw(3)}, x, classes),
    "cnn": record(
        cnn, cross_entropy,
        {"/conv/weights": draw(3, 3, 2, 3), "/norm/scale": 1 + draw(3), "/norm/offset": draw(3),
         "/output/weights": draw(27, 3), "/output/biases": draw(3)},
        images, rng.integers(0, 3, (4, 1))),
}
json.dump(goldens, sys.stdout)
